/** Words that several domains draw from: common ones, which the example model's vocabulary holds in one to three pieces. */
export const firstNames = 'Mary John Anna Tom David Mark Bob Fiona Charlie Harry Anne Bill'.split(' ');

export const times = ['today', 'last night', 'this morning', 'on Monday', 'on Friday', 'last week'];

/**
 * Combination number `index` of one item of each list: as many indices in a row give different ones as there are
 * combinations, in a mixed order. The lists' product must not be a multiple of the stride, a prime.
 */
export function combination(index, first, second) {
  const stride = 61;
  const place = (index * stride) % (first.length * second.length);
  return [first[Math.floor(place / second.length)], second[place % second.length]];
}
