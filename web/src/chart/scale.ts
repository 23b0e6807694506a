// Straight scales and round ticks.

export interface Linear {
  (value: number): number;
  invert: (pixel: number) => number;
  domain: [number, number];
}

export function linear(domain: [number, number], range: [number, number]): Linear {
  const [low, high] = domain;
  const factor = (range[1] - range[0]) / (high - low || 1);
  const scale = (value: number): number => range[0] + (value - low) * factor;
  return Object.assign(scale, { invert: (pixel: number) => low + (pixel - range[0]) / (factor || 1), domain });
}

/** About `count` round values from low to high, both within. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999)!;
  const first = Math.ceil(low / size - 1e-9);
  const last = Math.floor(high / size + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * size).toPrecision(12)));
}

/** Logarithms of the ticks of a logarithmic axis: powers of ten, not more than seven; 2 and 5 between few of them. */
export function powers(low: number, high: number): number[] {
  const every = Math.ceil((high - low) / 6) || 1;
  const all = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, index) => low + index * every);
  if (high - low >= 2) return all;
  return all.flatMap((power) => [0, Math.log10(2), Math.log10(5)].map((part) => power + part)).filter((tick) => tick <= high);
}
