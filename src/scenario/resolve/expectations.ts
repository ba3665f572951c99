import { around } from '../../base/text/shortened.js';
import { ExpectationMistake, type KnownNames } from '../../expect/expectation.js';
import { parseExpectation } from '../../expect/parse.js';

/**
 * By place in the list, what is wrong with an expectation, and the arm, network, window, event or number that is not there
 * (undefined: the text itself is wrong). @param known without, names of cells are not checked
 */
export function wrongExpectations(
  expectations: readonly string[],
  known?: KnownNames,
): Map<number, { readonly message: string; readonly absent: string | undefined }> {
  const wrong = new Map<number, { message: string; absent: string | undefined }>();
  for (const [index, text] of expectations.entries()) {
    try {
      parseExpectation(text, known);
    } catch (error) {
      if (!(error instanceof ExpectationMistake)) throw error;
      const message = `at character ${error.column} of "${around(text, error.column)}": ${error.message}`;
      wrong.set(index, { message, absent: error.absent });
    }
  }
  return wrong;
}
