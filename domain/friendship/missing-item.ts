/**
 * What the other end of a pair was found to be, where the item of this one is missing and its roster holds nothing of Earshot's. `missing`: the
 * other's roster holds others of Earshot's; `empty`: none either; `gone`: there is no account; `elsewhere`: it is another server's, and is not read.
 */
export type OtherEnd = 'both' | 'half' | 'missing' | 'empty' | 'gone' | 'elsewhere';

/** `mend`: nobody has ended anything. `wait`: the other end's roster job looks first. `try`: nothing tells, but whether the roster can be written. */
export type MissingStep = 'mend' | 'declined' | 'wait' | 'try';

/**
 * Whose no it is that nothing of Earshot's is left in a roster (decision 207): a server that could not read one may say that it is empty, and adds to that. Whose
 * client deletes an item turns the other's to less than `both`.
 */
export function decideMissing(other: OtherEnd): MissingStep {
  switch (other) {
    case 'both':
      return 'mend';
    case 'half':
      return 'declined';
    case 'missing':
      return 'wait';
    case 'empty':
    case 'gone':
    case 'elsewhere':
      return 'try';
  }
}
