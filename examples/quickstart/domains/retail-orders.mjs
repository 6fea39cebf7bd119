/** A shop's messages: the item, with its colour, that a customer writes about. */
import { combination, firstNames } from './words.mjs';

const colours = ['red', 'green', 'blue', 'white', 'black', 'brown', 'yellow', 'grey', 'pink', 'gold', 'dark'];

const items = 'coat hat bag bed table box cup plate watch camera radio phone ball doll bike'.split(' ');

const templates = [
  (item, name) => `${name} would like to buy the ${item}.`,
  (item, name) => `Please send the ${item} to ${name}.`,
  (item, name) => `${name} will come and get the ${item} today.`,
  (item, name) => `The ${item} of ${name} is too small.`,
  (item, name) => `${name} lost the ${item} and needs help.`,
];

/** @type {import('./index.mjs').Domain} */
export const retailOrders = {
  name: 'retail-orders',
  instruction: 'Name the item.',
  answers: 'open',
  draw: (pick, index) => {
    const item = combination(index, colours, items).join(' ');
    return { input: pick(templates)(item, pick(firstNames)), output: item };
  },
};
