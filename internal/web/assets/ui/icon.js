// The icons, as lines on a grid of 24.

import { html } from "../vendor.js";

const lines = {
  close: "M6 6l12 12M18 6L6 18",
  menu: "M4 7h16M4 12h16M4 17h16",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z" +
    "M3 20c0-3.3 2.7-6 6-6s6 2.7 6 6M16 4.5a3.5 3.5 0 0 1 0 6.5M17.5 14.5c2.1.8 3.5 3 3.5 5.5",
  listening: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM8.500 12l2.500 2.500 4.500-5",
  busy: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM8 12h.01M12 12h.01M16 12h.01",
  standby: "M19 14.500A8 8 0 1 1 9.500 5a6.500 6.500 0 0 0 9.500 9.500z",
  away: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4l3 2",
  silent: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM8 12h8",
  eye:
    "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z" +
    "M12 14.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M5 12.5l4.5 4.5L19 7.5",
  reply: "M10 8L5 12.5 10 17M5 12.5h9a5 5 0 0 1 5 5V19",
  chevron: "M7 10l5 5 5-5",
  ask: "M4 4h16v13h-8l-4.500 4V17H4zM10 8.700a2 2 0 1 1 3 1.700c-.7.4-1 .8-1 1.500M12 14.200h.01",
  down: "M12 5v14M6 13l6 6 6-6",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4",
  pause: "M8 5v14M16 5v14",
  play: "M8 5l11 7-11 7z",
  send: "M4 12l16-8-6 16-2.5-6.5z",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1",
  more: "M5.500 11.500v1h1v-1zM11.500 11.500v1h1v-1zM17.500 11.500v1h1v-1z",
  plus: "M12 5v14M5 12h14",
  circle: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z",
  box: "M5 5h14v14H5z",
  ticked: "M5 5h14v14H5zM8.500 12l2.500 2.500 4.500-5",
  begun: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM11 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 21c0-4 3.400-7 7.500-7s7.500 3 7.500 7",
  up: "M12 19V5M6 11l6-6 6 6",
  alert: "M12 4l9 16H3zM12 10v4.500M12 17.200h.010",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5",
  clip:
    "M20 11.500l-8 8a5 5 0 0 1-7-7l8.500-8.500a3.400 3.400 0 0 1 4.800 4.800l-8.300 8.300" +
    "a1.700 1.700 0 0 1-2.400-2.400l7.400-7.400",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
};

/** An icon; a button with nothing else needs a label of its own. */
export const Icon = ({ name }) => html`
  <svg class="icon" width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentColor"
    stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d=${lines[name]} />
    </svg>`;

/** A button that is only an icon. label says what it does; the rest are attributes of a button. */
export const IconButton = ({ icon, label, ...rest }) => html`
  <button type="button" class="button plain icon" aria-label=${label} title=${label} ...${rest}>
    <${Icon} name=${icon} />
  </button>`;
