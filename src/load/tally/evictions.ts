/** A stay that is shorter than this is none: programs that were thrown out come back after seconds. Microseconds. */
const shortStayMicros = 10e6;
/** So many in a row are no accident. */
const rowOfStays = 3;

/**
 * Clients that the broker lets in and throws out again, time after time. With ids that another run has, too, that is a
 * take-over by turns, which brokers before MQTT 5 do not name: they only close the older connection.
 */
export class Evictions {
  /** Short stays in a row, by client. */
  private readonly rows = new Map<number, number>();

  /**
   * The broker closed the connection of a client that had been up.
   * @returns true the one time at which it has become clear that this goes on and on
   */
  note(client: number, stayMicros: number): boolean {
    const row = stayMicros < shortStayMicros ? (this.rows.get(client) ?? 0) + 1 : 0;
    // Who has been counted stays so: it is the number of clients that this happened to.
    if ((this.rows.get(client) ?? 0) >= rowOfStays) return false;
    this.rows.set(client, row);
    return row === rowOfStays;
  }
}
