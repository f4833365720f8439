// @ts-check
// What a person set on this machine, kept between visits; storage may be forbidden.

export const storage = {
  /**
   * The value kept under `name`, or null.
   * @param {string} name
   */
  get(name, area = localStorage) {
    try { return JSON.parse(area.getItem(`gv-${name}`) ?? "null"); } catch { return null; }
  },
  /**
   * @param {string} name
   * @param {any} value
   */
  set(name, value, area = localStorage) {
    try {
      area.setItem(`gv-${name}`, JSON.stringify(value));
    } catch { /* private browsing: it lasts until reload */ }
  },
};
