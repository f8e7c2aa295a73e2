// Copy buttons beside code, where the browser allows writing to the clipboard. Every page works without this file.
"use strict";

(() => {
  if (!navigator.clipboard) return;

  const button = (block) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "copy";
    made.textContent = "Copy";
    made.setAttribute("aria-label", `Copy: ${block.dataset.copy || "this code"}`);
    made.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(block.querySelector("code").textContent);
        made.textContent = "Copied";
      } catch {
        made.textContent = "Press Ctrl+C";
        getSelection().selectAllChildren(block.querySelector("code"));
      }
      setTimeout(() => { made.textContent = "Copy"; }, 2000);
    });
    return made;
  };

  for (const block of document.querySelectorAll("[data-copy]")) block.append(button(block));
})();
