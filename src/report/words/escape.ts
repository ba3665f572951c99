const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\n': '&#10;',
};
const entityOf = (character: string): string => entities[character] as string;

/** Names and messages come from scenario files and from peers: this is text in an element or an attribute of HTML. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, entityOf);

/** The same of XML. Also drops characters that XML 1.0 cannot hold (section 2.2), which error messages of a peer may contain. */
export const escapeXml = (text: string): string =>
  text.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '').replace(/[&<>"\n]/g, entityOf);

/** Text of Markdown, of a cell of a table as well: nothing in it is markup. */
export const escapeMarkdown = (text: string): string =>
  text.replace(/[\\`*_[\]<>#|]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
