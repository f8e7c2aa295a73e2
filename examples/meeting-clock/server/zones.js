// Time-zone arithmetic on top of Intl: no tables of our own, so daylight saving is as current as the runtime.

const MINUTE = 60_000;

/** True when the runtime knows this IANA zone. */
export function isKnownZone(zone) {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Minutes that local time in `zone` is ahead of UTC at the instant `epoch` (milliseconds). */
export function offsetMinutes(epoch, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(epoch);
  const value = Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]));
  const local = Date.UTC(value.year, value.month - 1, value.day, value.hour, value.minute, value.second);
  return Math.round((local - Math.floor(epoch / 1000) * 1000) / MINUTE);
}

/**
 * The instant (epoch milliseconds) at which clocks in `zone` show `local` ("2026-03-29T09:30"), or null when they never
 * do, because that hour is skipped in spring. Of an hour that happens twice in autumn, the first one.
 */
export function instantOf(local, zone) {
  const wall = Date.parse(`${local}:00Z`);
  if (Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 16) !== local) return null;
  const candidates = [wall - 24 * 60 * MINUTE, wall + 24 * 60 * MINUTE]
    .map((near) => wall - offsetMinutes(near, zone) * MINUTE)
    .filter((instant) => instant + offsetMinutes(instant, zone) * MINUTE === wall);
  return candidates.length === 0 ? null : Math.min(...candidates);
}

/** "2026-03-29T09:30" as clocks in `zone` show it at `epoch`. */
export function localTime(epoch, zone) {
  return new Date(epoch + offsetMinutes(epoch, zone) * MINUTE).toISOString().slice(0, 16);
}

/** Hours of the UTC day `date` at which every person is inside their own working hours. */
export function overlap(date, people) {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const hours = [];
  for (let hour = 0; hour < 24; hour += 1) {
    const instant = midnight + hour * 60 * MINUTE;
    const suits = people.every(({ zone, from, to }) => {
      const clock = localTime(instant, zone);
      const minutes = Number(clock.slice(11, 13)) * 60 + Number(clock.slice(14, 16));
      return minutes >= from * 60 && minutes + 60 <= to * 60;
    });
    if (suits) hours.push(instant);
  }
  return hours;
}
