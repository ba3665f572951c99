/** The URL of a broker in a message, and the words before it that say the same. */
const brokerAddress = /(?:the broker )?((?:mqtts?|wss?|quic):\/\/[^\s,;)]*[^\s,;).:])/g;

/** The URLs of brokers that a message names. */
export const addressesIn = (message: string): string[] =>
  [...message.matchAll(brokerAddress)].map(([, url]) => url as string);

/** The message with other words in their place. */
export const withoutAddresses = (message: string, instead: string): string => message.replace(brokerAddress, instead);

/** What messages have in common that tell the same of any broker, after any wait: neither address nor number. */
export const kindOfMessage = (message: string): string => withoutAddresses(message, '').replace(/\d+(?:\.\d+)?/g, '0');
