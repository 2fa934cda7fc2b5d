"use strict";

// Times come in UTC; who reads them lives somewhere else.
function inOwnZone(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.textContent = at.toLocaleString();
      time.title = time.dateTime;
    }
  }
}

document.addEventListener("DOMContentLoaded", () => inOwnZone(document));
document.addEventListener("htmx:afterSwap", (event) => inOwnZone(event.target));
