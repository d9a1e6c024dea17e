/** What a playhead plays, as a GIF or as WebM. */
import { GIFEncoder, applyPalette, quantize } from "../vendor/gifenc.js";
import { draw } from "./picture.js";

const MAX_SIDE_PIXELS = 960;
const [MIN_SECONDS, MAX_SECONDS] = [1.5, 10];
const FRAMES_A_SECOND = 15;
const WEBM = "video/webm;codecs=vp9";
const REST_MILLISECONDS = 800; // that a GIF stays on its last frame

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** How many frames a film of a track has, which is played at this rate. */
export function frameCount({ count, perSecond }, rate) {
  const seconds = Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, (count - 1) / perSecond / rate));
  return Math.round(seconds * FRAMES_A_SECOND) + 1;
}

/**
 * Frames as a GIF, each with colours of its own.
 * @param {(frame: number) => Promise<void>} show
 * @param {"light"|"dark"} theme
 */
export async function gif(layout, count, show, theme) {
  const encoder = GIFEncoder();
  let canvas;
  for (let i = 0; i < count; i++) {
    await show(i);
    canvas = draw(layout, MAX_SIDE_PIXELS, theme, canvas);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const palette = quantize(data, 256);
    const delay = i === count - 1 ? REST_MILLISECONDS : 1000 / FRAMES_A_SECOND;
    encoder.writeFrame(applyPalette(data, palette), canvas.width, canvas.height, { palette, delay });
  }
  encoder.finish();
  return new Blob([encoder.bytes()], { type: "image/gif" });
}

/** Frames as WebM, as long as they are to last. */
export async function webm(layout, count, show, theme) {
  if (!window.MediaRecorder?.isTypeSupported(WEBM)) throw new Error("this browser cannot record WebM (VP9); export a GIF");
  await show(0);
  const canvas = draw(layout, MAX_SIDE_PIXELS, theme);
  const stream = canvas.captureStream(0);
  const [track] = stream.getVideoTracks();
  const recorder = new MediaRecorder(stream, { mimeType: WEBM, videoBitsPerSecond: 6_000_000 });
  const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const ended = new Promise((done) => (recorder.onstop = done));
  recorder.start();
  const begun = performance.now();
  try {
    for (let i = 0; i < count; i++) {
      await show(i);
      draw(layout, MAX_SIDE_PIXELS, theme, canvas);
      track.requestFrame();
      await wait(Math.max(0, begun + ((i + 1) * 1000) / FRAMES_A_SECOND - performance.now()));
    }
  } finally {
    recorder.stop();
    await ended;
  }
  return new Blob(pieces, { type: WEBM });
}
