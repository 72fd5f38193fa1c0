// SPDX-License-Identifier: GPL-2.0-only
// Runs beside the page under test, in frames of several widths, and leaves what it measured in the document.
"use strict";

// Relative luminance and contrast, WCAG 2.1.
function luminance(rgb) {
	const linear = rgb.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
	return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function contrast(a, b) {
	const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
	return (high + 0.05) / (low + 0.05);
}

function rgb(text) {
	return text.match(/[0-9.]+/g).slice(0, 3).map(Number);
}

function background(view, element) {
	for (; element; element = element.parentElement) {
		const color = view.getComputedStyle(element).backgroundColor;
		if (!/, 0\)$/.test(color)) return rgb(color);
	}
	return [255, 255, 255];
}

// Words whose box has no size or goes beyond the page.
function misplaced(view, document) {
	const out = [];
	for (const element of document.querySelectorAll("h1,h2,h3,p,td,li,pre,.t,.w,.tally,.source,.target")) {
		const box = element.getBoundingClientRect();
		if (!element.textContent.trim() || view.getComputedStyle(element).display === "none" || !box.height) continue;
		if (box.left < -0.5 || box.right > view.innerWidth + 0.5) out.push(element.className || element.tagName);
	}
	return out;
}

function faint(view, document) {
	const out = [];
	for (const element of document.querySelectorAll("h1,h2,h3,h4,p,td,th,b,a,.t,.w,.via,.tally,code,summary,footer")) {
		const ratio = contrast(rgb(view.getComputedStyle(element).color), background(view, element));
		if (ratio < 4.5) out.push((element.className || element.tagName) + " " + ratio.toFixed(1));
	}
	return out;
}

// How far each verdict's cross is from the rail of its lane, in pixels.
function crosses(document) {
	return [...document.querySelectorAll(".ladder .end")].map((row) => {
		const rails = row.querySelector(".rails path").getBoundingClientRect();
		const cross = row.querySelector(".arrow path").getBoundingClientRect();
		const lane = ((cross.left + cross.right) / 2 - rails.left) / rails.width * 4;
		const section = row.closest("section").id.slice(2);
		return { cause: section, lane: Math.round(lane), off: Math.abs(lane - Math.round(lane)) };
	});
}

function bars(document, kind) {
	return [...document.querySelectorAll(".strips rect." + kind)].filter((bar) => {
		const box = bar.getBoundingClientRect();
		return box.width >= 1.5 && box.height >= 4;
	}).length;
}

function measure(frame) {
	const view = frame.contentWindow, document = frame.contentDocument;
	return {
		name: frame.id,
		width: view.innerWidth,
		scroll: document.documentElement.scrollWidth,
		height: document.documentElement.scrollHeight,
		title: document.title,
		background: luminance(background(view, document.body)),
		misplaced: misplaced(view, document),
		faint: faint(view, document),
		crosses: crosses(document),
		failed: bars(document, "f"),
		healthy: bars(document, "h"),
		requests: view.performance.getEntriesByType("resource").length,
	};
}

// Pixels of a picture by what they look like.
function look(picture) {
	const canvas = document.createElement("canvas");
	canvas.width = picture.naturalWidth;
	canvas.height = picture.naturalHeight;
	const context = canvas.getContext("2d");
	context.drawImage(picture, 0, 0);
	const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
	const seen = { name: picture.id, width: canvas.width, height: canvas.height, red: 0, green: 0, dark: 0, light: 0 };
	for (let i = 0; i < data.length; i += 4) {
		const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
		if (r > 150 && g < 60 && b < 60) seen.red++;
		else if (g > 100 && r < 70 && b < 110) seen.green++;
		else if (r + g + b < 200) seen.dark++;
		else if (r + g + b > 740) seen.light++;
	}
	return seen;
}

// All at once: what is dumped is the document at the end of this event.
addEventListener("load", () => {
	const result = {
		frames: [...document.querySelectorAll("iframe")].map(measure),
		pictures: [...document.querySelectorAll("img")].map(look),
	};
	const pre = document.createElement("pre");
	pre.id = "result";
	pre.textContent = btoa(JSON.stringify(result));
	document.body.replaceChildren(pre);
});
