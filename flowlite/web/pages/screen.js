// Around textual-serve's terminal: where it begins, where it is, files that it hands over, and its end.
"use strict";
(() => {
  const AGAIN_MS = 2000;
  const OURS = 4000; // close codes from here on say in words why
  const LOGIN_OVER = 4001;
  const begin = window.onload; // textual.js has set it: it opens the terminal and the connection
  const Socket = window.WebSocket;
  let hasOpened = false;

  const element = (id) => document.getElementById(id);

  window.onload = async (event) => {
    const address = location.origin.replace(/^http/, "ws") + "/ws/" + encodeURIComponent(location.hash.slice(1));
    element("terminal").dataset.sessionWebsocketUrl = address;
    element("again").onclick = () => location.reload();
    // The terminal measures its cells once: by then the font must be there.
    await Promise.all(["15px", "bold 15px"].map((font) => document.fonts.load(`${font} "Roboto Mono"`)));
    begin(event);
    document.querySelector(".xterm-helper-textarea")?.focus();
  };
  // Another place typed into the address bar.
  window.onhashchange = () => location.reload();

  window.WebSocket = class extends Socket {
    constructor(address) {
      super(address);
      this.addEventListener("open", () => { hasOpened = true; });
      this.addEventListener("message", (event) => { if (typeof event.data === "string") hear(JSON.parse(event.data)); });
      this.addEventListener("close", ended);
    }
    // The terminal tells that it has the focus before anybody is there to hear it.
    send(data) {
      if (this.readyState === Socket.CONNECTING) this.addEventListener("open", () => super.send(data));
      else if (this.readyState === Socket.OPEN) super.send(data);
    }
  };

  function hear([what, value]) {
    if (what === "place") {
      history.replaceState(null, "", value === "home" ? "/" : "/#" + encodeURI(value).replaceAll("%25", "%"));
      document.title = value === "home" ? "flowlite" : decodeURIComponent(value) + " · flowlite";
    } else if (what === "download") {
      const link = document.createElement("a");
      link.href = "/download/" + encodeURIComponent(value);
      link.download = "";
      link.click();
    }
  }

  async function ended(event) {
    if (event.code === LOGIN_OVER) element("again").textContent = "Log in";
    if (event.code >= OURS) return say(event.reason || "The terminal UI has ended.");
    const [status, because] = await answer();
    if (status === 401) return location.reload();
    if (status === 429) return say(because);
    if (!hasOpened && status !== 0) return say("The connection could not be opened. A proxy in between must pass WebSockets on.");
    say("The server is out of reach. This page comes back by itself as soon as it answers.");
    await reached();
    location.reload();
  }

  async function reached() {
    do await new Promise((done) => setTimeout(done, AGAIN_MS)); while ((await answer())[0] === 0);
  }

  async function answer() {
    try {
      const found = await fetch("/tabs", { cache: "no-store" });
      return [found.status, await found.text()];
    } catch {
      return [0, ""]; // out of reach
    }
  }

  function say(because) {
    element("because").textContent = because;
    element("ended").hidden = false;
    element("again").focus();
  }
})();
