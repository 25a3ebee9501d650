/** A span of time for a person: `0.4 s`, `12.0 s`, `3:04 min`, `2:10 h`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const [unit, name] = seconds < 3600 ? [60, 'min'] : [3600, 'h'];
  const whole = Math.floor(seconds / unit);
  const rest = Math.floor(((seconds % unit) * 60) / unit);
  return `${whole}:${String(rest).padStart(2, '0')} ${name}`;
}

/** A number of bytes for a person: `512 B`, `1.5 KiB`. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
