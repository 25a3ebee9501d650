/** The price of all items, in cents; ten and more of one item are ten per cent cheaper. */
export function total(items) {
  let sum = 0;
  for (const { price, quantity } of items) {
    const discount = quantity > 10 ? 0.9 : 1;
    sum += Math.round(price * quantity * discount);
  }
  return sum;
}

/** Groups items by their shelf, in the order in which shelves were first seen. */
export function byShelf(items) {
  const shelves = new Map();
  for (const item of items) {
    const shelf = shelves.get(item.shelf) ?? [];
    shelf.push(item);
    shelves.set(item.shelf, shelf);
  }
  return shelves;
}
