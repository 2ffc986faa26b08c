package machine

import "testing"

func TestTalk(t *testing.T) {
	w := newWorld(t)
	device := w.ensure()
	a := newClient(t, w.h, aino, "AINO1", true, nil)
	w.join(leg, aino)
	a.readsAs(ghost, leg, w.speak(ghost, leg, "hei"), "hei")
	a.readsAs(ghost, leg, w.speak(ghost, leg, "mitä kuuluu"), "mitä kuuluu")
	a.readsAs(bot, leg, w.speak(bot, leg, "olen botti"), "olen botti")
	e := a.says(leg, text("hyvää"), bot)
	w.deliver(device)
	w.hears(e, "hyvää")
	w.hears(e, "hyvää") // again after a crash
}
