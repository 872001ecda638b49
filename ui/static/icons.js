// Drawn, not written: letters that look like arrows differ from system to system.

const PATHS = {
  upload: "M12 16V4M7 9l5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  document: "M6 3h8l5 5v13H6zM14 3v5h5M9 13h7M9 17h7",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4z",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  out: "M5 12h14",
  in: "M5 12h14M12 5v14",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  turn: "M20 12a8 8 0 1 1-2.6-5.9M20 4v5h-5",
  doubt: "M6 21V4M6 5h11l-2 4 2 4H6",
  accept: "M5 13l4.5 4.5L19 7",
  correct: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  restore: "M9 7L4 12l5 5M4 12h10a5 5 0 0 1 0 10h-2",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: 20, height: 20, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" })) svg.setAttribute(key, value);
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
