/** Text that is at most so many characters long; a longer one ends with an ellipsis. */
export function shortened(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Of a long text what stands around a column. @param column from 1 @param most about so many characters are left */
export function around(text: string, column: number, most = 80): string {
  if (text.length <= most) return text;
  const from = Math.max(0, Math.min(column - 1 - most / 2, text.length - most));
  return `${from > 0 ? '…' : ''}${text.slice(from, from + most)}${from + most < text.length ? '…' : ''}`;
}
