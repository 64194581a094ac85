package telegramtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Script is a conversation to perform, in the form of [Server.Transcript].
type Script struct {
	// Name is that of the file, for errors.
	Name string
	Text string
	// Files holds what people send and what is included, by name. A name of something to
	// send that is not in it stands for a picture, or a short text, made up from the name.
	Files fs.FS
	// Do has what the lines "* NAME" call.
	Do map[string]func(context.Context) error
	// Patience is how long the bot may take for each answer; 0 means a minute.
	Patience time.Duration
	// Calm is how long an answer must stay as it is to count, which is what finds one
	// message too many; 0 means 100 ms.
	Calm time.Duration
	// Busy tells a message that says that more is to come. Only [Rewrite] asks; nil means
	// that there is no such message.
	Busy func(Message) bool
}

// Play performs what the people of the script do, and holds what the bot makes of it
// against the script. The error names file and line and shows the difference. People and
// groups of the script who are not there yet are added to s.
func Play(ctx context.Context, s *Server, script Script) error {
	_, err := newPlayer(s, script).play(ctx)
	return err
}

// Rewrite performs what the people of the script do, and returns its text with the bot's
// side as it came. What agreed is left as it was, with its wildcards. Because it cannot
// know when the bot is done, it waits until nothing has come for three seconds and no message
// is busy.
func Rewrite(ctx context.Context, s *Server, script Script) (string, error) {
	pl := newPlayer(s, script)
	pl.rewriting = true
	return pl.play(ctx)
}

// quietEnough is how long Rewrite waits for more.
const quietEnough = 3 * time.Second

// player performs a script.
type player struct {
	s         *Server
	script    Script
	people    map[string]*Person
	groups    map[string]*Group
	group     *Group           // where people act; nil is their private chat
	chat      int64            // where somebody acted last
	told      map[int64]uint64 // by chat, the event up to which all is settled
	said      string           // what was done last, for errors
	rewriting bool
	edits     []edit
}

// edit replaces lines of the script.
type edit struct {
	line, count int // lines from here on, none to insert before it
	text        string
}

func newPlayer(s *Server, script Script) *player {
	if script.Patience == 0 {
		script.Patience = time.Minute
	}
	if script.Calm == 0 {
		script.Calm = 100 * time.Millisecond
	}
	return &player{s: s, script: script, people: map[string]*Person{}, groups: map[string]*Group{}, told: map[int64]uint64{}}
}

func (pl *player) play(ctx context.Context) (string, error) {
	if err := pl.perform(ctx, pl.script.Name, pl.script.Text); err != nil {
		return "", err
	}
	return apply(pl.script.Text, pl.edits), nil
}

func (pl *player) perform(ctx context.Context, name, text string) error {
	steps, err := parse(text)
	if err != nil {
		return fmt.Errorf("%s:%w", name, err)
	}
	for i, st := range steps {
		if err := pl.step(ctx, st); err != nil {
			return fmt.Errorf("%s:%d: %w", name, st.line, err)
		}
		if pl.rewriting && acts(st) && (i+1 == len(steps) || steps[i+1].word != wordExpect) {
			if err := pl.expect(ctx, step{line: st.line + 1 + strings.Count(st.text, "\n"), word: wordExpect}); err != nil {
				return err
			}
		}
	}
	return nil
}

// acts reports whether the bot may have something to say to it.
func acts(st step) bool {
	return !slices.Contains([]string{wordPerson, wordGroup, wordIn, wordAlso, wordExpect}, st.word)
}

// include performs another file, which is left as it is.
func (pl *player) include(ctx context.Context, name string) error {
	if pl.script.Files == nil {
		return errors.New("there are no files to include")
	}
	text, err := fs.ReadFile(pl.script.Files, name)
	if err != nil {
		return err
	}
	mine := pl.edits
	err = pl.perform(ctx, name, string(text))
	pl.edits = mine
	return err
}

func (pl *player) step(ctx context.Context, st step) error {
	switch st.word {
	case wordPerson:
		pl.meet(st.args[0], st.args[1])
	case wordGroup:
		return pl.gather(st.args[0], st.args[1:])
	case wordIn:
		return pl.enter(st.args[0])
	case wordAlso:
		return pl.include(ctx, st.args[0])
	case wordDo:
		do := pl.script.Do[st.args[0]]
		if do == nil {
			return fmt.Errorf("the test has nothing to do for %q", st.args[0])
		}
		return do(ctx)
	case wordExpect:
		return pl.expect(ctx, st)
	default:
		return pl.act(st)
	}
	return nil
}

// meet finds somebody by name, or adds them.
func (pl *player) meet(name, language string) {
	pl.s.mu.Lock()
	names := pl.s.names()
	pl.s.mu.Unlock()
	for id, known := range names {
		if known == name {
			pl.people[name], _ = pl.s.PersonByID(id)
		}
	}
	if pl.people[name] == nil {
		first, last, _ := strings.Cut(name, " ")
		pl.people[name] = pl.s.Person(PersonConfig{FirstName: first, LastName: last, LanguageCode: language})
	}
	if pl.chat == 0 {
		pl.chat = pl.people[name].ChatID()
	}
	pl.settle(pl.people[name].ChatID())
}

// settle takes what has happened in a chat as known.
func (pl *player) settle(chat int64) {
	pl.told[chat] = pl.s.Seq()
}

func (pl *player) gather(title string, members []string) error {
	for _, g := range pl.s.Groups() {
		if g.Title() == title {
			pl.groups[title] = g
			pl.settle(g.ID())
			return nil
		}
	}
	var people []*Person
	for _, name := range members {
		p := pl.people[name]
		if p == nil {
			return fmt.Errorf("nobody is called %q: a line \"person %s\" is missing", name, name)
		}
		people = append(people, p)
	}
	pl.groups[title] = pl.s.Group(title, people...)
	return nil
}

func (pl *player) enter(title string) error {
	if title == "private" {
		pl.group = nil
		return nil
	}
	if pl.group = pl.groups[title]; pl.group == nil {
		return fmt.Errorf("there is no group %q", title)
	}
	pl.chat = pl.group.ID()
	return nil
}

// expect waits until the bot has brought what is wanted, and nothing else.
func (pl *player) expect(ctx context.Context, st step) error {
	ctx, cancel := context.WithTimeout(ctx, pl.script.Patience)
	defer cancel()
	var since time.Time // of the agreement
	last, changedAt := uint64(0), time.Now()
	for {
		got, upTo, changed := pl.got()
		if upTo != last {
			last, changedAt = upTo, time.Now()
		}
		ok := agree(st.want, got) && len(st.want) > 0
		if !ok {
			since = time.Time{}
		} else if since.IsZero() {
			since = time.Now()
		}
		switch {
		case ok && time.Since(since) >= pl.script.Calm:
			pl.told[pl.chat] = upTo
			return nil
		case pl.rewriting && !ok && time.Since(changedAt) >= quietEnough && !pl.busy():
			pl.told[pl.chat] = upTo
			pl.rewrite(st, got)
			return nil
		}
		if err := pl.wait(ctx, changed); err != nil {
			return fmt.Errorf("after %q the bot did not do what is expected (- wanted, + came): %w\n%s", pl.said, err, diff(st.want, got))
		}
	}
}

// wait ends with a change, or soon without one.
func (pl *player) wait(ctx context.Context, changed <-chan struct{}) error {
	soon := time.NewTimer(pl.script.Calm)
	defer soon.Stop()
	select {
	case <-changed:
		return nil
	case <-soon.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-pl.s.ctx.Done():
		return errors.New("the server is closed")
	}
}

// busy reports whether the bot has said in the chat that more is to come.
func (pl *player) busy() bool {
	return pl.script.Busy != nil && slices.ContainsFunc(pl.s.messages(pl.chat), func(m Message) bool { return m.FromBot() && !m.Deleted && pl.script.Busy(m) })
}

// got is what the bot did in the chat since the last agreement, up to which event, and what
// tells of more.
func (pl *player) got() (items []item, upTo uint64, changed <-chan struct{}) {
	pl.s.mu.Lock()
	defer pl.s.mu.Unlock()
	known, sc := scene{bot: pl.s.opts.Bot.ID}, scene{bot: pl.s.opts.Bot.ID}
	for _, e := range pl.s.w.Chats[pl.chat].history() {
		if upTo = e.Seq; upTo <= pl.told[pl.chat] {
			known.take(e)
			continue
		}
		if sc.now == nil {
			sc.now = known.now
			sc.next()
		}
		sc.take(e)
	}
	return sc.items(), upTo, pl.s.changed
}

func (pl *player) rewrite(st step, got []item) {
	var b strings.Builder
	for _, it := range got {
		b.WriteString(carry(st.want, it.String()))
	}
	if len(got) == 0 && len(st.want) > 0 {
		b.WriteString(silence + "\n")
	}
	count := 0
	for _, w := range st.want {
		count += strings.Count(w.item.String(), "\n") + 1
	}
	if text := b.String(); text != "" || count > 0 {
		pl.edits = append(pl.edits, edit{line: st.line, count: count, text: text})
	}
}

// carry writes the lines of an item; a line that an old one with a hole stands for becomes
// that one.
func carry(old []wanted, text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		kept := literal(line)
		for _, w := range old {
			for was := range strings.SplitSeq(w.item.String(), "\n") {
				if hole.MatchString(was) && strings.Trim(was, "<| …") != "" && like(was, line) {
					kept = was
				}
			}
		}
		b.WriteString(kept + "\n")
	}
	return b.String()
}

// apply replaces lines, from the last to the first. Remarks between them are lost.
func apply(text string, edits []edit) string {
	lines := strings.SplitAfter(text, "\n")
	for _, e := range slices.Backward(edits) {
		lines = append(lines[:e.line-1:e.line-1], append([]string{e.text}, lines[e.line-1+e.count:]...)...)
	}
	return strings.Join(lines, "")
}
