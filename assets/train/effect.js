// Which settings mean something: the page's half of ganviz/settings.py, `effective`.

/**
 * Whether the field `name` has an effect under `values`: always, or under one of its alternatives,
 * all of whose fields have an effect themselves.
 * @param {Record<string, {when: Record<string, unknown[]>[]}>} fields
 * @param {Record<string, unknown>} values
 * @param {string} name
 * @param {string[]} asking the fields that wait for this answer: two that name each other end there
 * @returns {boolean}
 */
export function inEffect(fields, values, name, asking = []) {
  const alternatives = fields[name]?.when ?? [];
  if (!alternatives.length || asking.includes(name)) return true;
  const holds = ([other, allowed]) =>
    allowed.includes(values[other]) && inEffect(fields, values, other, [...asking, name]);
  return alternatives.some((each) => Object.entries(each).every(holds));
}
