/**
 * The alias of one topic of one client (MQTT 5.0, 3.3.2.3.4). An alias lives as long as its connection: the first
 * PUBLISH on it carries topic and alias, those after it the alias alone.
 */
export class TopicAlias {
  /** PUBLISH packets that went out without their topic. */
  saved = 0;
  private state: 'unusable' | 'unknown' | 'known' = 'unusable';

  /** @param number 1 … 65,535 */
  constructor(readonly number: number) {}

  /** A connection begins. @param maximum of the server: Topic Alias Maximum in CONNACK, 0 when it names none */
  begin(maximum: number): void {
    this.state = this.number <= maximum ? 'unknown' : 'unusable';
  }

  /** How the PUBLISH written now says its topic; undefined: without alias. */
  next(): 'first' | 'later' | undefined {
    if (this.state === 'unusable') return undefined;
    if (this.state === 'known') {
      this.saved++;
      return 'later';
    }
    this.state = 'known';
    return 'first';
  }
}
