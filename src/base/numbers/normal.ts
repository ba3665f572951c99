/** φ(x): density of the standard normal distribution. */
export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/**
 * Φ(x): the standard normal distribution, to about 1e-12 for |x| <= 6. Near zero the
 * series Φ = 1/2 + φ(x)·(x + x³/3 + x⁵/15 + …), in the tail the continued fraction of
 * the Mills ratio (Abramowitz and Stegun 26.2.11 and 26.2.14).
 */
export function normalCdf(x: number): number {
  if (x < 0) return 1 - normalCdf(-x);
  if (x > 38) return 1;
  if (x < 4) {
    let term = x;
    let sum = x;
    for (let odd = 3; term > sum * 1e-17; odd += 2) {
      term *= (x * x) / odd;
      sum += term;
    }
    return 0.5 + normalDensity(x) * sum;
  }
  let fraction = 0;
  for (let level = 60; level >= 1; level--) fraction = level / (x + fraction);
  return 1 - normalDensity(x) / (x + fraction);
}

// Coefficients of M. J. Wichura, "The Percentage Points of the Normal Distribution", algorithm AS 241 (PPND16), Applied
// Statistics 37 (1988): numerator and denominator for the middle, the shoulders and the tails, from the highest power.
const middle = [
  [2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987],
  [13731.69376550946, 1971.5909503065513, 133.14166789178438, 3.3871328727963665],
  [5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597],
  [5394.196021424751, 687.1870074920579, 42.31333070160091, 1],
].flat();
const shoulder = [
  [0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684],
  [3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835],
  [1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008],
  [0.6897673349851, 1.6763848301838038, 2.053191626637759, 1],
].flat();
const tail = [
  [2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124],
  [0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103],
  [2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133],
  [0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1],
].flat();

/** Numerator by denominator at x, without making anything. */
function ratio(coefficients: readonly number[], x: number): number {
  let above = 0;
  let below = 0;
  for (let i = 0; i < 8; i++) {
    above = above * x + (coefficients[i] as number);
    below = below * x + (coefficients[i + 8] as number);
  }
  return above / below;
}

/** The z with Φ(z) = share, to about 1e-15. @param share in (0, 1) */
export function normalQuantile(share: number): number {
  const from = share - 0.5;
  if (Math.abs(from) <= 0.425) return from * ratio(middle, 0.180625 - from * from);
  const depth = Math.sqrt(-Math.log(from < 0 ? share : 1 - share));
  const z = depth <= 5 ? ratio(shoulder, depth - 1.6) : ratio(tail, depth - 5);
  return from < 0 ? -z : z;
}
