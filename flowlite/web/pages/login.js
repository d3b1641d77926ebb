// Works without this file, too. With it, whoever follows a link to a place (/#run/17) gets there after the login.
"use strict";
addEventListener("DOMContentLoaded", async () => {
  const form = document.querySelector("form");
  form.action = form.getAttribute("action") + location.hash;
  // A link on another site brings no cookie along, though there may be one: asked from here, it comes.
  if (location.pathname + location.search === "/" && !document.querySelector(".problem")) {
    const found = await fetch("/", { method: "HEAD" });
    if (found.ok) location.replace("/?again" + location.hash);
  }
});
