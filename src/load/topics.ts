/** emqtt-bench's topic variables: %c client id, %i client number. Text on both sides of them is kept. */
export function fillTopic(pattern: string, client: { readonly id: string; readonly number: number }): string {
  return pattern.replaceAll('%c', client.id).replaceAll('%i', String(client.number));
}
