// A picture from this computer's camera. Phones have an app for it, which their browsers open by themselves.

import { make } from "./dom.js";

const WANTED = { video: { facingMode: "environment", width: { ideal: 3840 }, height: { ideal: 2160 } }, audio: false };
const QUALITY = 0.95;

// Whether to ask the browser for the camera: only there on https and localhost, and no use where fingers point.
export const hasOwnCamera = () => Boolean(navigator.mediaDevices?.getUserMedia) && !matchMedia("(pointer: coarse)").matches;

// Shows what the camera sees in a dialog inside `place`; answers the picture as a file, or null when it was closed.
export function takePicture(place, texts) {
  const video = make("video", { class: "dz-video", autoplay: true, playsinline: true });
  video.muted = true;
  const shutter = make("button", { type: "button", class: "dz-shutter", id: "camera-take", disabled: true }, texts["camera.take"]);
  const close = make("button", { type: "button", class: "dz-button", id: "camera-close" }, texts["camera.close"]);
  const note = make("p", { class: "dz-hint", role: "alert" });
  const dialog = make("dialog", { class: "dz-camera", "aria-label": texts.camera }, video, note, make("div", { class: "dz-row" }, shutter, close));
  place.append(dialog);
  dialog.showModal();
  let stream = null;
  let picture = null;
  navigator.mediaDevices.getUserMedia(WANTED).then((opened) => {
    stream = opened;
    // Closed before the camera was there.
    if (!dialog.open) return stopAll(stream);
    video.srcObject = stream;
    video.addEventListener("playing", () => { shutter.disabled = false; shutter.focus(); }, { once: true });
  }).catch(() => {
    video.remove();
    note.textContent = texts["camera.refused"];
  });
  shutter.addEventListener("click", async () => {
    shutter.disabled = true;
    picture = await draw(video);
    dialog.close();
  });
  close.addEventListener("click", () => dialog.close());
  return new Promise((resolve) => {
    // Escape closes it too.
    dialog.addEventListener("close", () => {
      if (stream) stopAll(stream);
      dialog.remove();
      resolve(picture);
    }, { once: true });
  });
}

async function draw(video) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", QUALITY); });
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}

function stopAll(stream) {
  for (const track of stream.getTracks()) track.stop();
}
