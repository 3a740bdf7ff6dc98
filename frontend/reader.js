// Writes into a cookie what the browser knows of its reader: where they are, and how they write dates, times and numbers.
// So the server paints the first view as they are used to, and nothing changes under their eyes afterwards.
//
// The form is that of `model::read_reader`. Must not know who the reader is.

const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
const numeric = { year: "numeric", month: "numeric", day: "numeric" };
const parts = new Intl.DateTimeFormat(locale, numeric).formatToParts(0);
const order = parts.map((part) => ({ day: "d", month: "m", year: "y" })[part.type] ?? "").join("");
const cycle = new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions().hourCycle ?? "";
const known = new Intl.Locale(locale);
const week = (known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1;
const group = new Intl.NumberFormat(locale).formatToParts(1e6).find((part) => part.type === "group")?.value;
const habits = [
  ["dmy", "mdy", "ymd"].includes(order) ? order : "dmy",
  /^h1[12]$/.test(cycle) ? "12" : "24",
  week,
  group?.codePointAt(0) ?? 0,
];
const secure = location.protocol === "https:" ? "; secure" : "";
document.cookie = `reader=${timeZone}!${habits.join("-")}; path=/; max-age=34560000; samesite=lax${secure}`;
