package workers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// someQueues are queues that can be paused.
type someQueues map[string]queue.Info

func (q someQueues) Depth(context.Context) (map[string]queue.Info, error) { return q, nil }

func (q someQueues) Pause(name string) error { return q.toggle(name, true) }

func (q someQueues) Resume(name string) error { return q.toggle(name, false) }

func (q someQueues) toggle(name string, paused bool) error {
	i := q[name]
	i.Paused = paused
	q[name] = i
	return nil
}

// newCrew is a till with operators: the boss owns it, Sue supports people.
func newCrew(t *testing.T) (k *till, sue *telegramtest.Person) {
	t.Helper()
	k = newTill(t)
	sue = k.somebody("Sue", "en")
	k.w.Settings.Operators = 0
	k.w.Settings.StarsUSD = 13
	k.w.Settings.Crew = map[int64]Role{k.boss.ID(): RoleOwner, sue.ID(): RoleSupport}
	k.w.Queues = someQueues{queue.QueueGenerate: {Pending: 3, Oldest: 12 * time.Second}}
	var err error
	if k.w.Router, err = providers.NewRouter(providers.Config{
		Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: []providers.Provider{providertest.NewFake("fal"), providertest.NewFake("bfl")},
	}); err != nil {
		t.Fatal(err)
	}
	return k, sue
}

// types has somebody write a command and returns what the bot said last.
func (k *till) types(p *telegramtest.Person, words string) telegramtest.Message {
	k.Helper()
	p.Text(words)
	k.work()
	return k.last(p, "")
}

// did is what stands in the audit log, newest first.
func (k *till) did(want ...string) {
	k.Helper()
	acts, err := k.w.Store.Acts(k.Context(), storage.ActFilter{})
	if err != nil {
		k.Fatal(err)
	}
	var got []string
	for _, a := range acts {
		got = append(got, a.What+": "+a.Why)
	}
	if d := cmp.Diff(want, got); d != "" {
		k.Errorf("the audit log (-want +got): %s", d)
	}
}

// Who has no role learns nothing of the commands, and neither does anybody of those above their role.
func TestCrewCommandsAreUnknownToOthers(t *testing.T) {
	t.Parallel()
	k, sue := newCrew(t)
	unknown := k.types(k.ada, "/nonsense").Text
	for _, c := range crewCommands() {
		if got := k.types(k.ada, "/"+c.name).Text; got != strings.ReplaceAll(unknown, "nonsense", c.name) {
			t.Errorf("/%s tells Ada %q", c.name, got)
		}
		got := k.types(sue, "/"+c.name).Text
		if known := !strings.HasPrefix(got, strings.SplitN(unknown, "nonsense", 2)[0]); known != RoleSupport.covers(c.role) {
			t.Errorf("/%s tells Sue %q", c.name, got)
		}
	}
	k.did()
	menu := k.types(k.ada, "/help").Text
	for _, c := range crewCommands() {
		if strings.Contains(menu, "/"+c.name+" ") {
			t.Errorf("/help names /%s", c.name)
		}
	}
	if err := k.w.setCrewMenus(t.Context()); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[*telegramtest.Person]bool{k.ada: false, sue: true, k.boss: true} {
		var names []string
		for _, c := range p.Commands() {
			names = append(names, c.Command)
		}
		if slices.Contains(names, "ban") != want || slices.Contains(names, "pause") != (p == k.boss) {
			t.Errorf("the menu has %v", names)
		}
	}
}

func TestCrewBans(t *testing.T) {
	t.Parallel()
	k, sue := newCrew(t)
	ada := k.w.personHash(k.user.ID)
	for words, want := range map[string]string{
		"/ban": "Write it like this", "/ban " + ada + " soon": "Write it like this", "/ban 0123456789abcdef": "there is no person",
		"/ban " + k.w.personHash(must(k.w.Store.KnownPerson(t.Context(), sue.ID())).ID): "is an operator",
	} {
		if got := k.types(sue, words).Text; !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %s", words, got, want)
		}
	}
	k.types(sue, "/ban "+ada+" 72h")
	k.press(sue, "Ban "+ada+" for 72h0m0s?", "Not now")
	k.did()
	k.types(sue, "/ban "+ada+" 72h")
	k.press(sue, "Ban "+ada, "Abuse")
	k.last(k.ada, "I don’t paint for you")
	k.last(sue, "Done: Ban "+ada)
	k.did("ban: abuse")
	if p := must(k.w.Store.PersonByID(t.Context(), k.user.ID)); !p.Ban.Active(time.Now().Add(71*time.Hour)) || p.Ban.Active(time.Now().Add(73*time.Hour)) {
		t.Errorf("%+v", p.Ban)
	}
	q := k.types(sue, "/unban "+ada)
	k.send(sue, telegramtest.Outgoing{Text: "She promised to stop", ReplyTo: q.MessageID})
	k.work()
	k.did("unban: She promised to stop", "ban: abuse")
	q = k.types(sue, "/unban "+ada)
	k.press(sue, "Lift the ban", "Goodwill")
	k.last(sue, "Not done: this person is not banned")
	k.w.Settings.Crew = nil // the role that counts is the one there is now
	k.send(sue, telegramtest.Outgoing{Text: "again", ReplyTo: q.MessageID})
	k.work()
	k.last(sue, "your role does not allow it")
	k.did("unban: She promised to stop", "ban: abuse")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestCrewRefunds(t *testing.T) {
	t.Parallel()
	k, sue := newCrew(t)
	charge := k.pays(50)
	k.types(sue, "/refund x")
	k.last(sue, "there is no payment x")
	k.types(sue, "/refund "+charge)
	k.types(sue, "/refund "+charge)
	for range 2 { // two messages that ask the same
		for _, m := range sue.Messages() {
			if _, ok := m.Button("Goodwill"); ok {
				_, _ = sue.Press(m.MessageID, "Goodwill")
			}
		}
		k.work()
	}
	k.has(charge, 0, storage.PaymentRefunded)
	k.last(sue, "this payment went back")
	k.did("refund: goodwill")
	k.types(sue, "/refund "+charge)
	k.last(sue, "Not done: this payment went back")
}

func TestCrewStopsQueuesAndProviders(t *testing.T) {
	t.Parallel()
	k, sue := newCrew(t)
	stats := k.types(sue, "/stats").Text
	for _, words := range []string{"Today", "2 new", "generate 3 · 12s"} {
		if !strings.Contains(stats, words) {
			t.Errorf("no %q in %q", words, stats)
		}
	}
	k.types(k.boss, "/pause")
	k.press(k.boss, "Which queue?", queue.QueueGenerate)
	k.press(k.boss, "Pause the queue generate?", "Incident")
	if i := k.w.Queues.(someQueues)[queue.QueueGenerate]; !i.Paused {
		t.Error("it is not paused")
	}
	k.types(k.boss, "/resume")
	if m := k.last(k.boss, "Which queue?"); len(m.ReplyMarkup.InlineKeyboard) != 1 {
		t.Errorf("%+v", m.ReplyMarkup)
	}
	k.types(k.boss, "/resume generate")
	k.press(k.boss, "Let the queue generate go on?", "Maintenance")
	if m := k.types(k.boss, "/resume"); !strings.Contains(m.Text, "No queue is paused") {
		t.Errorf("%q", m.Text)
	}
	if m := k.types(sue, "/status"); !strings.Contains(m.Text, "✅ fal") || m.ReplyMarkup != nil {
		t.Errorf("Sue sees %+v", m)
	}
	k.types(k.boss, "/status")
	k.press(k.boss, "✅ fal", "⏸ fal")
	k.press(k.boss, "Switch off fal?", "Cost")
	holds, err := k.w.Store.Holds(t.Context())
	if err != nil || len(holds) != 1 || holds[0].Provider != "fal" || !holds[0].Until.IsZero() {
		t.Errorf("%+v, %v", holds, err)
	}
	k.w.Router.Hold([]providers.Hold{{Provider: "fal"}})
	k.types(k.boss, "/status")
	k.press(k.boss, "⏸ fal", "▶️ fal")
	k.press(k.boss, "Switch on fal?", "Maintenance")
	if holds, err = k.w.Store.Holds(t.Context()); err != nil || len(holds) != 0 {
		t.Errorf("%+v, %v", holds, err)
	}
	k.did("provider on: maintenance", "provider off: cost", "queue resume: maintenance", "queue pause: incident")
	if m := k.types(k.boss, "/audit"); !strings.Contains(m.Text, "provider off fal cost") {
		t.Errorf("%q", m.Text)
	}
}

// What everybody is told is seen before it is said; from then on it is what the command line would have said.
func TestCrewTellsEverybody(t *testing.T) {
	t.Parallel()
	k, _ := newCrew(t)
	for words, want := range map[string]string{
		"/incident": "No incident lasts", "/incident Late": "Write it like this", "/incident #disks Late\nWe look.": `"disks" is no part`,
		"/incident Late\nWe look \u202e": "cannot be seen", "/incident [de]\nSpät\nLangsam": "no text for [en]",
	} {
		if got := k.types(k.boss, words).Text; !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %s", words, got, want)
		}
	}
	k.types(k.boss, "/incident Late\nWe look.")
	k.press(k.boss, "Tell everybody?", "Not now")
	k.did()
	q := k.types(k.boss, "/incident Late\nWe lok.")
	k.send(k.boss, telegramtest.Outgoing{Text: "#images #delivery Pictures are late\nWe look.", ReplyTo: q.MessageID})
	k.work()
	k.press(k.boss, "Tell everybody?", "Problems")
	k.last(k.boss, "On the status page")
	all := must(k.w.Store.Incidents(t.Context(), time.Time{}))
	if len(all) != 1 || all[0].Impact != storage.ImpactDegraded || titleOf(all[0]) != "Pictures are late" || !slices.Equal(all[0].Parts, []string{"images", "delivery"}) || all[0].Updates[0].Text["en"] != "We look." {
		t.Fatalf("%+v", all)
	}
	more := func(words, button string) {
		t.Helper()
		k.press(k.boss, "📣 On the status page", "💬 Pictures are late")
		q := k.last(k.boss, "Reply to this message")
		k.send(k.boss, telegramtest.Outgoing{Text: words, ReplyTo: q.MessageID})
		k.work()
		k.press(k.boss, "Say this about", button)
	}
	k.types(k.boss, "/incident")
	more("[en]\nIt was a disk.\n[de]\nEs war eine Platte.", "Resolved")
	all = must(k.w.Store.Incidents(t.Context(), time.Time{}))
	if len(all) != 1 || all[0].Resolved.IsZero() || all[0].Updates[0].Text["de"] != "Es war eine Platte." || all[0].Impact != storage.ImpactDegraded {
		t.Errorf("%+v", all)
	}
	more("Or was it?", "Being watched") // under the list of before
	k.last(k.boss, "Not done: it is resolved")
	k.did("incident resolve: ", "incident open: ")
}

func TestParseCrew(t *testing.T) {
	t.Parallel()
	got, err := ParseCrew(" 4242:owner, 4343:viewer,")
	if d := cmp.Diff(map[int64]Role{4242: RoleOwner, 4343: RoleViewer}, got); err != nil || d != "" {
		t.Error(d, err)
	}
	for text, want := range map[string]string{"ada:owner": "Telegram id", "-5:owner": "Telegram id", "42:boss": `"boss" is none of the roles viewer, support, operator and owner`, "42": "none of the roles", "42:owner,42:viewer": "two roles"} {
		if _, err := ParseCrew(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if Role("").covers(RoleViewer) || RoleViewer.covers(RoleSupport) || !RoleOwner.covers(RoleViewer) {
		t.Error("roles cover what they should not")
	}
	if !errors.As(refundError(storage.ErrHeld, "x"), new(*OperatorError)) {
		t.Error("no words for a payment that is being painted from")
	}
}
