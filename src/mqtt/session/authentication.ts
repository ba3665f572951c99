/**
 * Enhanced authentication of one client (MQTT 5.0, 4.12): what its side of the exchange says. One object serves all connects of a
 * client; {@link first} begins an exchange anew.
 */
export interface Authentication {
  /** Authentication Method, as CONNECT and AUTH name it. */
  readonly method: string;
  /** Authentication Data of CONNECT. */
  first(): Buffer;
  /** Authentication Data of the AUTH that answers one of the server. @throws MQB_AUTH when that is none of the method */
  next(data: Buffer): Buffer;
  /** @param data of CONNACK with code 0. @throws MQB_AUTH when the server has not proved who it is */
  finish(data: Buffer | undefined): void;
}
