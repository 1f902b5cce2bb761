const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A time as kubectl describes it (RFC 1123 with a numeric zone, in this machine's): `Mon, 23 Nov 2026 14:54:26 +0000`. */
export function timeText(timestamp: string | undefined): string {
  if (timestamp === undefined || timestamp === '') return 'Mon, 01 Jan 0001 00:00:00 +0000';
  const time = new Date(timestamp);
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = -time.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  return `${DAYS[time.getDay()] ?? ''}, ${two(time.getDate())} ${MONTHS[time.getMonth()] ?? ''} ${time.getFullYear()} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())} ${zone}`;
}
