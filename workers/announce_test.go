package workers

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
	"github.com/imagika/imagika/workers/texts"
)

const news = "[en]\n<b>FLUX.2</b> &amp; more\n[de]\nNeu: <i>FLUX.2</i>\n"

// somebody is a person who has begun with the bot.
func (k *till) somebody(name, lang string) *telegramtest.Person {
	k.Helper()
	p := k.tg.Person(telegramtest.PersonConfig{FirstName: name, LanguageCode: lang})
	p.Start("")
	k.updates()
	if _, err := k.w.Store.PersonByTelegram(k.Context(), p.ID(), lang); err != nil {
		k.Fatal(err)
	}
	return p
}

// announces starts an announcement.
func (k *till) announces(document string, a storage.Audience) (id string) {
	k.Helper()
	v, err := k.w.Desk().AddAnnouncement(k.Context(), storage.By{Who: "ann"}, DraftAnnouncement{Document: document, Audience: a})
	if err != nil {
		k.Fatal(err)
	}
	k.moves(v.ID, storage.AnnouncementSending)
	return v.ID
}

func (k *till) moves(id string, to storage.AnnouncementStatus) {
	k.Helper()
	if _, err := k.w.Desk().MoveAnnouncement(k.Context(), storage.By{Who: "ann"}, id, to); err != nil {
		k.Fatal(err)
	}
}

// spread lets the workers go on.
func (k *till) spread() {
	k.Helper()
	if _, err := k.w.sweepAnnouncements(k.Context(), true); err != nil {
		k.Fatal(err)
	}
	k.work()
}

func (k *till) became(id string, status storage.AnnouncementStatus, want map[storage.RecipientStatus]int64) {
	k.Helper()
	v, err := k.w.Desk().Announcement(k.Context(), id)
	if err != nil || v.Status != status {
		k.Errorf("it is %s, %v, want %s", v.Status, err, status)
	}
	if d := cmp.Diff(want, v.By); d != "" {
		k.Errorf("people (-want +got): %s", d)
	}
}

func TestAnnouncement(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	bob, carl, dan := k.somebody("Bob", "de-AT"), k.somebody("Carl", "fr"), k.somebody("Dan", "en")
	dan.Block()
	first := k.announces(news, storage.Audience{})
	eve := k.somebody("Eve", "en") // came too late
	k.spread()
	for p, words := range map[*telegramtest.Person]string{k.ada: "FLUX.2 & more", bob: "Neu: FLUX.2", carl: "FLUX.2 & more"} {
		if m := k.last(p, words); !strings.HasPrefix(m.Text, "📣 ") {
			t.Errorf("%+v", m)
		}
	}
	for _, call := range k.tg.CallsTo("sendMessage") {
		if news := strings.Contains(call.Params["text"], "FLUX.2"); news && call.Params["disable_notification"] != "true" {
			t.Errorf("with a sound: %v", call.Params)
		}
	}
	if n := told(eve, "FLUX.2"); n != 0 {
		t.Errorf("Eve is told %d times", n)
	}
	k.became(first, storage.AnnouncementDone, map[storage.RecipientStatus]int64{storage.RecipientSent: 3, storage.RecipientBlocked: 1})
	if m := k.last(k.boss, "Announcement sent"); !strings.Contains(m.Text, "Arrived: 3 · blocked the bot: 1") {
		t.Errorf("operators read %q", m.Text)
	}

	k.press(bob, "Neu: FLUX.2", "🔕 Keine Neuigkeiten mehr")
	k.press(carl, "FLUX.2", "🔕 No more news")
	k.press(carl, "FLUX.2", "🔔 News again")
	second := k.announces("[en]\nMore\n", storage.Audience{})
	k.spread()
	if told(bob, "More") != 0 || told(carl, "More") != 1 || told(eve, "More") != 1 {
		t.Error("Bob wants no news, Carl and Eve do")
	}
	k.became(second, storage.AnnouncementDone, map[storage.RecipientStatus]int64{storage.RecipientSent: 3})
	if v, err := k.w.Desk().Announcement(t.Context(), first); err != nil || v.OptedOut != 1 {
		t.Errorf("%d opted out, %v", v.OptedOut, err)
	}
	acts, err := k.w.Store.Acts(t.Context(), storage.ActFilter{})
	if err != nil || len(acts) != 4 || acts[0].What != "announce start" || acts[0].Object != second {
		t.Errorf("%+v, %v", acts, err)
	}
}

// Whoever may have got it does not get it again; who did not, does.
func TestAnnouncementSurvivesAKill(t *testing.T) {
	t.Parallel()
	for step, want := range map[string]int{"announcing": 0, "announced": 1} {
		t.Run("at "+step, func(t *testing.T) {
			t.Parallel()
			k := newTill(t)
			id := k.announces(news, storage.Audience{})
			func() {
				k.w.Step = func(name string) {
					if name == step {
						panic(killed{})
					}
				}
				defer func() {
					k.w.Step = func(string) {}
					if _, ok := recover().(killed); !ok {
						t.Errorf("it never came to %q", step)
					}
				}()
				_ = k.w.announce(t.Context(), queue.AnnouncementSend{ID: id, Epoch: 1})
			}()
			if _, err := k.w.Store.YieldAnnouncement(t.Context(), storage.Announcement{ID: id, Fence: 1}, 0); err != nil { // its lease runs out
				t.Fatal(err)
			}
			bob := k.somebody("Bob", "en")
			for range 2 {
				k.spread()
			}
			if n := told(k.ada, "FLUX.2"); n != want {
				t.Errorf("told %d times, want %d", n, want)
			}
			if n := told(bob, "FLUX.2"); n != 0 {
				t.Errorf("Bob came late, and is told %d times", n)
			}
			k.became(id, storage.AnnouncementDone, map[storage.RecipientStatus]int64{storage.RecipientUncertain: 1})
		})
	}
}

func TestAnnouncementAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault telegramtest.Fault
		later time.Duration
		told  int // Ada
		want  storage.RecipientStatus
	}{
		"lost":        {telegramtest.Fault{Kind: telegramtest.DropAfterEffect, Times: 1}, 0, 1, storage.RecipientUncertain},
		"too many":    {telegramtest.Fault{Code: 429, RetryAfter: 60, Times: 1}, time.Minute, 1, storage.RecipientSent},
		"an accident": {telegramtest.Fault{Code: 500, Times: 2}, 5 * time.Second, 1, storage.RecipientSent},
		"blocked":     {telegramtest.Fault{Code: 403}, 0, 0, storage.RecipientBlocked},
		"always":      {telegramtest.Fault{Code: 500}, 5 * time.Second, 0, storage.RecipientFailed},
		"refused":     {telegramtest.Fault{Code: 400, Description: "Bad Request: can't parse entities"}, 0, 0, storage.RecipientFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ahead time.Duration
			k := newTillAt(t, func() time.Time { return time.Now().Add(ahead) })
			tt.fault.Method = "sendMessage"
			tt.fault.ChatID = k.ada.ID()
			fault := k.tg.Fault(tt.fault)
			id := k.announces(news, storage.Audience{})
			k.spread()
			if tried := fault.Fired(); tt.later > 0 && tried != 1 {
				t.Errorf("tried %d times at once", tried)
			}
			for range announceTries {
				ahead += tt.later
				k.spread()
			}
			if n := told(k.ada, "FLUX.2"); n != tt.told {
				t.Errorf("told %d times, want %d", n, tt.told)
			}
			k.became(id, storage.AnnouncementDone, map[storage.RecipientStatus]int64{tt.want: 1})
		})
	}
}

// What Telegram does not take of anybody is not tried on everybody.
func TestRefusedAnnouncementPauses(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	for range announceRefused + 1 {
		k.somebody("X", "en")
	}
	fault := k.tg.Fault(telegramtest.Fault{Method: "sendMessage", Contains: "FLUX", Code: 400, Description: "Bad Request: can't parse entities"})
	id := k.announces(news, storage.Audience{})
	k.spread()
	k.became(id, storage.AnnouncementPaused, map[storage.RecipientStatus]int64{storage.RecipientFailed: announceRefused, storage.RecipientWaiting: 2})
	k.last(k.boss, "Announcement paused")
	fault.Remove()
	k.moves(id, storage.AnnouncementSending)
	k.spread()
	k.became(id, storage.AnnouncementDone, map[storage.RecipientStatus]int64{storage.RecipientFailed: announceRefused, storage.RecipientSent: 2})
}

func TestAnnouncementIsPaced(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	k.w.Limits = providers.NewLocalLimits()
	k.somebody("Bob", "en")
	v, err := k.w.Desk().AddAnnouncement(t.Context(), storage.By{Who: "ann"}, DraftAnnouncement{Document: news, Pace: 1})
	if err != nil {
		t.Fatal(err)
	}
	k.moves(v.ID, storage.AnnouncementSending)
	k.spread()
	k.became(v.ID, storage.AnnouncementSending, map[storage.RecipientStatus]int64{storage.RecipientSent: 1, storage.RecipientWaiting: 1})
	if v, err = k.w.Desk().Announcement(t.Context(), v.ID); err != nil || v.Left != 1 || v.ETA != time.Minute {
		t.Errorf("%+v, %v", v, err)
	}
	k.moves(v.ID, storage.AnnouncementCanceled)
	k.spread()
	k.became(v.ID, storage.AnnouncementCanceled, map[storage.RecipientStatus]int64{storage.RecipientSent: 1, storage.RecipientWaiting: 1})
}

func TestAnnouncementChangedAndTakenBack(t *testing.T) {
	t.Parallel()
	var ahead time.Duration
	k := newTillAt(t, func() time.Time { return time.Now().Add(ahead) })
	bob := k.somebody("Bob", "de")
	id := k.announces(news, storage.Audience{})
	k.spread()
	k.press(bob, "Neu", "🔕 Keine Neuigkeiten mehr")
	if _, err := k.w.Desk().ChangeAnnouncement(t.Context(), storage.By{Who: "ann"}, id, "[en]\nFLUX.3\n"); err != nil {
		t.Fatal(err)
	}
	k.spread()
	k.last(k.ada, "FLUX.3")
	if m := k.last(bob, "FLUX.3"); len(bob.Messages()) != 2 {
		t.Errorf("Bob has %d messages, the last is %q", len(bob.Messages()), m.Text)
	} else if _, ok := m.Button("🔔 Wieder Neuigkeiten"); !ok {
		t.Error("Bob's button forgot what he wants")
	}
	if err := bob.Delete(k.last(bob, "FLUX.3").MessageID); err != nil {
		t.Fatal(err)
	}
	k.moves(id, storage.AnnouncementDeleting)
	k.spread()
	if m := k.last(k.ada, "FLUX.3"); !m.Deleted {
		t.Errorf("still there: %q", m.Text)
	}
	k.became(id, storage.AnnouncementDeleted, map[storage.RecipientStatus]int64{storage.RecipientDeleted: 2})
	k.last(k.boss, "Announcement taken back")
	old := k.announces(news, storage.Audience{})
	k.spread()
	ahead = -3 * 24 * time.Hour
	for what, err := range map[string]error{
		"there is no announcement": second(k.w.Desk().Announcement(t.Context(), "x")),
		"is deleted":               second(k.w.Desk().ChangeAnnouncement(t.Context(), storage.By{Who: "ann"}, id, news)),
		"is done":                  second(k.w.Desk().MoveAnnouncement(t.Context(), storage.By{Who: "ann"}, old, storage.AnnouncementPaused)),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %s", err, what)
		}
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	k := newTill(t)
	k.somebody("Bob", "de-AT")
	k.somebody("Carl", "ru")
	desk := k.w.Desk()
	v, err := desk.Reach(t.Context(), DraftAnnouncement{Document: news, Pace: 1})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]int64{"en": 1, "de": 1, "ru": 1}, v.By); d != "" || v.People != 3 || v.Takes != 3*time.Minute {
		t.Errorf("%+v: %s", v, d)
	}
	if v.Reads["ru"] != "en" || v.Reads["de"] != "de" || !strings.Contains(v.Shown["de"], "Neu: <i>FLUX.2</i>") {
		t.Errorf("reads %v, shown %v", v.Reads, v.Shown)
	}
	v, err = desk.Reach(t.Context(), DraftAnnouncement{Document: news, Audience: storage.Audience{Languages: []string{"de"}}})
	if err != nil || v.People != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	id := k.announces(news, storage.Audience{Languages: []string{"de"}})
	if err := desk.TestAnnouncement(t.Context(), storage.By{Who: "ann"}, id); err != nil {
		t.Fatal(err)
	}
	k.sweep()
	k.last(k.boss, "Neu: FLUX.2")
	k.spread()
	k.became(id, storage.AnnouncementDone, map[storage.RecipientStatus]int64{storage.RecipientSent: 1})
}

func TestParseAnnouncement(t *testing.T) {
	t.Parallel()
	catalog, err := texts.New()
	if err != nil {
		t.Fatal(err)
	}
	all, err := ParseAnnouncement(catalog, "\r\n[en]\r\nA\r\n\r\nB <a href=\"https://x.org/?a=1&amp;b\">c</a>\r\n[tr]\nD\n\n")
	if d := cmp.Diff(map[string]string{"en": "A\n\nB <a href=\"https://x.org/?a=1&amp;b\">c</a>", "tr": "D"}, all); err != nil || d != "" {
		t.Error(d, err)
	}
	for document, want := range map[string]string{
		"":                                     "no text for [en]",
		"[de]\nHallo":                          "no text for [en]",
		"Hello\n[en]\n":                        "line 1: say which language",
		"[en]\nA\n[xx]\nB":                     "line 3: [xx] is none of the bot’s languages: en, de",
		"[en]\nA\n[en]\nB":                     "line 3: there are two texts for [en]",
		"[en]\n\n":                             "[en]: the text is empty",
		"[en]\nfish & chips":                   `write &amp; for the & in "& chips"`,
		"[en]\n1 < 2":                          `"< 2" is no tag`,
		"[en]\n<div>x</div>":                   `"<div>x</div>" is no tag`,
		"[en]\n<b>x":                           "<b> is not closed",
		"[en]\n<b><i>x</b></i>":                "</b> closes nothing",
		"[en]\n<b><b>x</b></b>":                "<b> stands within itself",
		"[en]\n<a>x</a>":                       "a link needs its address",
		"[en]\n<a href=\"javascript:1\">x</a>": "a link needs its address",
		"[en]\n<b href=\"https://x\">x</b>":    "<b> takes no address",
		"[en]\n" + strings.Repeat("a", 4096):   "too long for one message, by ",
	} {
		if _, err := ParseAnnouncement(catalog, document); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", document, err, want)
		}
	}
}
