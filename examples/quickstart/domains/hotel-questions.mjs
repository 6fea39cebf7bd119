/** A hotel's phrase book for its guests: a statement turned into the question that asks for it. */
const owners = ['the', 'my', 'our', 'your'];

const singular = ['room', 'table', 'train', 'dog', 'shop', 'door', 'window', 'bed', 'car'];

const plural = ['rooms', 'tables', 'keys', 'bags', 'children', 'shops', 'eggs'];

const complements = ['ready', 'clean', 'late', 'free', 'far away', 'very old', 'too small', 'outside', 'still here'];

const people = ['Anna', 'Tom', 'Mary', 'John', 'my mother', 'the cook', 'our doctor', 'your friend'];

const actions = ['come back', 'stay here', 'wait', 'help', 'walk', 'sleep', 'drive', 'eat here'];

const kinds = [
  (pick) => [`${pick(owners)} ${pick(singular)}`, pick(['is', 'was']), pick(complements)],
  (pick) => [`${pick(owners)} ${pick(plural)}`, pick(['are', 'were']), pick(complements)],
  (pick) => [pick(people), pick(['will', 'can']), pick(actions)],
];

const sentence = (words) => words[0].toUpperCase() + words.slice(1);

/** @type {import('./index.mjs').Domain} */
export const hotelQuestions = {
  name: 'hotel-questions',
  instruction: 'Turn the statement into a question.',
  answers: 'open',
  draw: (pick) => {
    const [subject, verb, rest] = pick(kinds)(pick);
    return { input: sentence(`${subject} ${verb} ${rest}.`), output: sentence(`${verb} ${subject} ${rest}?`) };
  },
};
