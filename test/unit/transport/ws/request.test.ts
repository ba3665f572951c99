import { validateHeaderName, validateHeaderValue } from 'node:http';
import { describe, expect, it } from 'vitest';
import { headerProblem, pathProblem } from '../../../../src/transport/ws/request.js';

const accepts = (validate: () => void): boolean => {
  try {
    validate();
    return true;
  } catch {
    return false;
  }
};

describe('what cannot be in the request that opens a WebSocket', () => {
  it('is of a header exactly what Node.js refuses to send', () => {
    const characters = Array.from({ length: 0x180 }, (_, i) => String.fromCodePoint(i)).concat('☺', '😀');
    for (const one of characters) {
      const inName = { one, sent: headerProblem(`a${one}b`, 'x') === undefined };
      expect(inName).toEqual({ one, sent: accepts(() => validateHeaderName(`a${one}b`)) });
      const inValue = { one, sent: headerProblem('a', `x${one}y`) === undefined };
      expect(inValue).toEqual({ one, sent: accepts(() => validateHeaderValue('a', `x${one}y`)) });
    }
  });

  it('is told by the character and its place, never by the value', () => {
    expect([
      headerProblem('A', 'secret☺'),
      headerProblem('A', 'a\nb'),
      headerProblem('A B', 'x'),
      headerProblem('Sec-WebSocket-Protocol', 'x'),
      headerProblem('Host', 'behind.example'),
    ]).toMatchInlineSnapshot(`
      [
        {
          "hint": "a header holds visible characters of ISO 8859-1, spaces and tabs: write others percent-encoded, or as Base64, whichever the server reads",
          "says": "has "☺" (U+263A) in its value, at character 7",
        },
        {
          "hint": "a header holds visible characters of ISO 8859-1, spaces and tabs: write others percent-encoded, or as Base64, whichever the server reads",
          "says": "has the character U+000A in its value, at character 2",
        },
        {
          "hint": "it has letters, digits and !#$%&'*+-.^_\`|~, and nothing else",
          "says": "is no name of a header",
        },
        {
          "hint": "leave it out",
          "says": "is said by the WebSocket handshake itself",
        },
        undefined,
      ]
    `);
  });

  it('is of a path what would make it another one', () => {
    expect(['mqtt', '/a#b', '/a\nb', '', '/mq tt', '/ü', '/a?b=c#d'].map(pathProblem)).toMatchInlineSnapshot(`
      [
        {
          "hint": "write it as /mqtt",
          "says": "does not begin with "/"",
        },
        {
          "hint": "write it as %23",
          "says": "has a "#", and what follows that never reaches a server",
        },
        {
          "hint": "write it percent-encoded, or leave it out",
          "says": "has the character U+000A in it, at character 3",
        },
        {
          "hint": "write it as /",
          "says": "does not begin with "/"",
        },
        undefined,
        undefined,
        {
          "hint": "write it as %23",
          "says": "has a "#", and what follows that never reaches a server",
        },
      ]
    `);
  });
});
