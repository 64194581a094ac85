package workers

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var dialogues = flag.Int("dialogues", 4, "random conversations that TestDialogues holds")

// TestDialogues: whatever two people do and whatever breaks, each sees what the other said, in order, nothing missing, nothing
// twice, but for what its sender was told about.
func TestDialogues(t *testing.T) {
	t.Parallel()
	first := rand.Uint64()
	for i := range *dialogues {
		seed := first + uint64(i)
		if d := newDialogue(t, seed); !d.hold(40) {
			t.Fatalf("seed %d:\n%s\nAda:\n%s\nBen:\n%s", seed, strings.Join(d.did, "\n"), d.tg.Transcript(d.ada), d.tg.Transcript(d.ben))
		}
	}
}

// dialogue is a random conversation. Everything said has a number, which stays with it when it is edited.
type dialogue struct {
	*talk
	r    *rand.Rand
	n    int
	did  []string
	seen []queue.Update
	bad  bool
}

func newDialogue(t *testing.T, seed uint64) *dialogue {
	t.Helper()
	d := &dialogue{talk: newTalk(t), r: rand.New(rand.NewPCG(seed, 7))}
	if seed%2 == 0 {
		d.w.Slots = room{}
	}
	return d
}

// room has a slot for all.
type room struct{}

// Take implements Slots.
func (room) Take() (run func(f func()), ok bool) {
	return func(f func()) {
		if f != nil {
			f()
		}
	}, true
}

func (d *dialogue) hold(steps int) bool {
	d.Helper()
	for range steps {
		who := []*telegramtest.Person{d.ada, d.ben}[d.r.IntN(2)]
		d.step(who)
		if d.r.IntN(2) == 0 {
			d.through()
		}
	}
	d.crash = -1
	for _, f := range d.tg.Faults() {
		d.tg.RemoveFault(f.ID)
	}
	d.through()
	d.sweepLanes()
	d.through()
	d.compare(d.ada, d.ben)
	d.compare(d.ben, d.ada)
	return !d.bad
}

// through handles what came, some of it twice.
func (d *dialogue) through() {
	all := d.updates()
	for _, u := range all {
		d.survive(func() error { _, err := d.w.update(d.Context(), u); return err })
		if d.seen = append(d.seen, u); d.r.IntN(5) == 0 {
			again := d.seen[d.r.IntN(len(d.seen))]
			d.survive(func() error { _, err := d.w.update(d.Context(), again); return err })
		}
	}
	d.runAll()
}

func (d *dialogue) note(format string, args ...any) {
	d.did = append(d.did, fmt.Sprintf(format, args...))
}

// step is one thing that somebody does, or that breaks.
func (d *dialogue) step(p *telegramtest.Person) {
	own := slices.DeleteFunc(live(p), func(m telegramtest.Message) bool { return m.FromBot() || markOf(m) == "" })
	all := slices.DeleteFunc(live(p), func(m telegramtest.Message) bool { return markOf(m) == "" })
	one := func(ms []telegramtest.Message) telegramtest.Message { return ms[d.r.IntN(len(ms))] }
	switch k := d.r.IntN(20); {
	case k < 7 || len(own) == 0:
		d.say(p, telegramtest.Outgoing{})
	case k < 10:
		d.say(p, telegramtest.Outgoing{ReplyTo: one(all).MessageID})
	case k < 12:
		d.say(p, telegramtest.Outgoing{Photos: slices.Repeat([][]byte{relayPhoto()}, 1+d.r.IntN(3))})
	case k < 14:
		m := one(own)
		d.note("%s edits %q", p.User().FirstName, markOf(m))
		_, _ = p.Edit(m.MessageID, fmt.Sprintf("%s once more %d", markOf(m), d.r.IntN(100)))
	case k == 14:
		m := one(own)
		d.note("%s takes back %q", p.User().FirstName, markOf(m))
		_, _ = p.Send(telegramtest.Outgoing{Text: "/unsend", ReplyTo: m.MessageID})
	case k == 15:
		m := one(all)
		emoji := []string{"❤", "🔥", "👍"}[d.r.IntN(3)]
		d.note("%s reacts %s to %q", p.User().FirstName, emoji, markOf(m))
		_ = p.React(m.MessageID, emoji)
	case k == 16:
		d.pressAgain(p)
	case k == 17:
		d.crash = d.r.IntN(4)
		d.note("crash after %d", d.crash)
	default:
		d.breakSomething()
	}
}

func (d *dialogue) say(p *telegramtest.Person, o telegramtest.Outgoing) {
	d.n++
	words := fmt.Sprintf("#%d", d.n)
	if o.Photos == nil {
		o.Text, words = words, words+fmt.Sprintf(" to %d", o.ReplyTo)
	} else {
		o.Caption, words = words, words+fmt.Sprintf(" (%d photos)", len(o.Photos))
	}
	d.note("%s says %s", p.User().FirstName, words)
	if _, err := p.Send(o); err != nil {
		d.note("which fails: %v", err)
	}
}

// pressAgain sends again what may not have arrived.
func (d *dialogue) pressAgain(p *telegramtest.Person) {
	for _, m := range live(p) {
		if _, ok := m.Button("🔁 Send again"); ok {
			d.note("%s sends %q again", p.User().FirstName, markOf(*m.ReplyToMessage))
			_, _ = p.Press(m.MessageID, "🔁 Send again")
			return
		}
	}
}

func (d *dialogue) breakSomething() {
	f := telegramtest.Fault{Times: 1 + d.r.IntN(2), Method: []string{"copyMessage", "copyMessages", "editMessageText", "setMessageReaction", "deleteMessage"}[d.r.IntN(5)]}
	switch d.r.IntN(4) {
	case 0:
		f.Code, f.RetryAfter = 429, 1
	case 1:
		f.Kind = telegramtest.DropAfterEffect
	case 2:
		f.Kind = telegramtest.HTML502
	case 3:
		f.Kind = telegramtest.DropBeforeRead
	}
	d.note("%s of %s, %d times", f.Kind, f.Method, f.Times)
	d.tg.Fault(f)
}

var saidNumber = regexp.MustCompile(`^#\d+\b`)

// markOf is the number of what was said.
func markOf(m telegramtest.Message) string { return saidNumber.FindString(m.Content()) }

// said are the messages with numbers that a chat shows, of the bot or of the person; an album is its first.
func said(p *telegramtest.Person, bot bool) (all []telegramtest.Message) {
	for _, m := range live(p) {
		if m.FromBot() == bot && markOf(m) != "" {
			all = append(all, m)
		}
	}
	return all
}

// compare holds what one said against what the other sees of it.
func (d *dialogue) compare(from, to *telegramtest.Person) {
	d.Helper()
	unsure := map[string]bool{}
	for _, m := range from.Messages() {
		if m.FromBot() && strings.Contains(m.Text, "not sure this reached") {
			unsure[markOf(*m.ReplyToMessage)] = true
		}
	}
	skip := func(m telegramtest.Message) bool { return unsure[markOf(m)] }
	was, is := slices.DeleteFunc(said(from, false), skip), slices.DeleteFunc(said(to, true), skip)
	if got, want := marksOf(is), marksOf(was); !slices.Equal(got, want) {
		d.fail("%s said %v, %s sees %v", from.User().FirstName, want, to.User().FirstName, got)
		return
	}
	for i, m := range was {
		if diff := sameMessage(m, is[i]); diff != "" {
			d.fail("%s: %s", markOf(m), diff)
		}
		if a, b := group(from, m), group(to, is[i]); a != b {
			d.fail("%s: an album of %d became one of %d", markOf(m), a, b)
		}
		if r := m.ReplyToMessage; r != nil && !unsure[markOf(*r)] && d.arrived(to, *r) && (is[i].ReplyToMessage == nil || markOf(*is[i].ReplyToMessage) != markOf(*r)) {
			d.fail("%s replies to %s, its copy to %+v", markOf(m), markOf(*r), is[i].ReplyToMessage)
		}
		if a, b := reactions(m, from.ID()), reactions(is[i], d.tg.Bot().ID); a != b {
			d.fail("%s has %q of its sender, the copy %q", markOf(m), a, b)
		}
	}
}

func (d *dialogue) fail(format string, args ...any) {
	d.bad = true
	d.Errorf(format, args...)
}

// arrived reports whether a chat shows what has that number.
func (d *dialogue) arrived(p *telegramtest.Person, m telegramtest.Message) bool {
	return slices.ContainsFunc(live(p), func(o telegramtest.Message) bool { return markOf(o) == markOf(m) }) && d.sure(p, markOf(m))
}

// sure reports whether nobody was told that it may not have arrived.
func (d *dialogue) sure(p *telegramtest.Person, number1 string) bool {
	return !slices.ContainsFunc(p.Messages(), func(m telegramtest.Message) bool {
		return m.FromBot() && strings.Contains(m.Text, "not sure this reached") && markOf(*m.ReplyToMessage) == number1
	})
}

func marksOf(ms []telegramtest.Message) (all []string) {
	for _, m := range ms {
		all = append(all, markOf(m))
	}
	return all
}

// group is how many messages are one with m.
func group(p *telegramtest.Person, m telegramtest.Message) (n int) {
	for _, o := range live(p) {
		if o.MessageID == m.MessageID || m.MediaGroupID != "" && o.MediaGroupID == m.MediaGroupID {
			n++
		}
	}
	return n
}

func reactions(m telegramtest.Message, by int64) string {
	var all []string
	for _, r := range m.Reactions {
		if r.UserID == by {
			all = append(all, r.Emoji)
		}
	}
	return strings.Join(all, " ")
}
