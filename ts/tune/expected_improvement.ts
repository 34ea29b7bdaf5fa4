// How much a value that is known only roughly may improve on the best (Jones et al., 1998).

// The mean of max(0, best - value) for a normal value: smaller values are better.
export function expectedImprovement(best: number, mean: number, variance: number): number {
  if (variance <= 0) return Math.max(0, best - mean);
  const deviation = Math.sqrt(variance);
  const z = (best - mean) / deviation;
  const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI);
  return deviation * Math.max(0, z * normalShare(z) + density);
}

// The coefficients of a fit of the complementary error function to 7 digits, of large arguments
// too (Press et al., Numerical Recipes in C, 2nd edition, 6.2, erfcc).
const COEFFICIENTS = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
];

// The share of a standard normal distribution below z.
export function normalShare(z: number): number {
  const distance = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + distance / 2);
  const exponent = COEFFICIENTS.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = (t * Math.exp(exponent - distance ** 2)) / 2;
  return z > 0 ? 1 - tail : tail;
}
