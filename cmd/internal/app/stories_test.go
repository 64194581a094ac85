package app_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/playground"
	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

var (
	update = flag.Bool("update", false, "write the bot's side of the stories anew")
	shots  = flag.Bool("shots", false, "keep pictures of the stories in the playground, with -artifacts")
)

// story is what a transcript needs beside its text.
type story struct {
	env map[string]string
	// plan, if set, puts a scripted painter in the place of the built-in one.
	plan plan
	// async lets the scripted painter be polled; only such a one can stop what it has begun.
	async bool
	// write, if set, makes the scripted painter write too.
	write func(n int, r providers.WriteRequest) (providers.Written, error)
	// boss is the chat of the operators; crew gives them commands of their own.
	boss, crew bool
	// do is what the lines "* NAME" call.
	do func(w *world) map[string]func(context.Context) error
}

// stories has a row for each transcript that needs one.
var stories = map[string]story{
	"not_enough_credits": {env: map[string]string{"IMAGIKA_WELCOME_CREDITS": "3", "IMAGIKA_PRICE": "2"}},
	"describe":           {plan: plan{}, write: inWords},
	"settings":           {env: map[string]string{"IMAGIKA_CATALOGUE": "testdata/painters.yaml"}},
	"quote":              {env: map[string]string{"IMAGIKA_CATALOGUE": "testdata/painters.yaml"}},
	"agree_named":        {plan: plan{}},
	"refused_prompt":     {plan: plan{"a forbidden fox": always(providertest.Step{Err: refusal()})}},
	"provider_failure":   {plan: plan{"a fox in the fog": always(providertest.Step{Err: broke(providers.BadRequest, providers.BilledNo)})}},
	"album":              {plan: plan{}}, // the built-in painter takes one picture only
	"compare":            {env: map[string]string{"IMAGIKA_CATALOGUE": "testdata/two_models.yaml"}},
	"buy":                {do: subscribing},
	"refunds":            {do: takingBack, boss: true, env: map[string]string{"IMAGIKA_WELCOME_CREDITS": "0", "IMAGIKA_PRICE": "10"}},
	"erase":              {do: leaving},
	"announcement":       {do: announcing, boss: true},
	"talk":               {do: meeting},
	"conversation":       {do: parting, boss: true, env: map[string]string{"IMAGIKA_CHAT_MIN_AGE": "0s"}},
	"api":                {do: publishing},
	"operators":          {boss: true, crew: true, do: switching},
	"cancel":             {async: true, plan: plan{"a slow fox": always(providertest.Step{Polls: -1})}},
}

// subscribing is what Telegram does about a subscription, for the first person.
func subscribing(w *world) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Ada subscribes": func(ctx context.Context) error {
			for _, m := range w.person.Messages() {
				if b, ok := m.Button("⭐ Subscribe"); ok {
					p, err := w.person.PayLink(b.URL)
					if err == nil {
						_, err = p.Wait(ctx)
					}
					return err
				}
			}
			return errors.New("no link to a subscription")
		},
		"the subscription renews": func(context.Context) error {
			_, err := w.tg.Renew(w.person.Subscriptions()[0].Charge)
			return err
		},
	}
}

// leaving waits for the end of an erasure.
func leaving(w *world) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"it is done": func(context.Context) error {
			w.tg.WaitMessage(w.t, w.person, telegramtest.Has("Everything of yours is erased."))
			return nil
		},
	}
}

// announcing is what an operator does at the command line.
func announcing(w *world) map[string]func(context.Context) error {
	var id string
	desk := func(f func(context.Context, *workers.Desk) error) func(context.Context) error {
		return func(ctx context.Context) error {
			c, err := config.Load(config.RoleTool, w.environ())
			if err != nil {
				return err
			}
			return app.WithDesk(ctx, c, slog.New(slog.DiscardHandler), func(d *workers.Desk) error { return f(ctx, d) })
		}
	}
	return map[string]func(context.Context) error{
		"news goes out": desk(func(ctx context.Context, d *workers.Desk) error {
			v, err := d.AddAnnouncement(ctx, storage.By{Who: "ann", Why: "a test"}, workers.DraftAnnouncement{
				Document: "[en]\n<b>A new painter</b> has moved in: /model\n",
			})
			if id = v.ID; err == nil {
				_, err = d.MoveAnnouncement(ctx, storage.By{Who: "ann", Why: "a test"}, id, storage.AnnouncementSending)
			}
			return err
		}),
		"the news is mended": desk(func(ctx context.Context, d *workers.Desk) error {
			_, err := d.ChangeAnnouncement(ctx, storage.By{Who: "ann", Why: "a test"}, id, "[en]\n<b>Two new painters</b> have moved in: /model\n")
			return err
		}),
		"the news is taken back": desk(func(ctx context.Context, d *workers.Desk) error {
			_, err := d.MoveAnnouncement(ctx, storage.By{Who: "ann", Why: "a test"}, id, storage.AnnouncementDeleting)
			return err
		}),
	}
}

// meeting brings the two people together past the lobby.
func meeting(w *world) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"they meet": func(context.Context) error {
			all := w.tg.People()
			w.introduce(all[len(all)-2:])
			return nil
		},
		"both are seen": w.seen("Ada", "Ben"),
	}
}

// seen keeps pictures of people side by side, if pictures are wanted.
func (w *world) seen(names ...string) func(context.Context) error {
	n := 0
	return func(context.Context) error {
		if t, ok := w.t.(*testing.T); ok && *shots {
			n++
			var keys []string
			for _, p := range w.tg.People() {
				if slices.Contains(names, p.User().FirstName) {
					keys = append(keys, strconv.FormatInt(p.ID(), 10))
				}
			}
			w.shots(t, "-"+strconv.Itoa(n), keys...)
		}
		return nil
	}
}

// parting waits for what people hear while another one acts.
func parting(w *world) map[string]func(context.Context) error {
	hears := func(name, words string) func(context.Context) error {
		return func(ctx context.Context) error {
			all := w.tg.People()
			i := slices.IndexFunc(all, func(p *telegramtest.Person) bool { return p.User().FirstName == name })
			_, err := all[i].Wait(ctx, func(m telegramtest.Message) bool { return strings.HasPrefix(m.Text, words) })
			return err
		}
	}
	return map[string]func(context.Context) error{
		"Ada hears hello": hears("Ada", "hello there"),
		"Ben hears foxes": hears("Ben", "do you like foxes?"),
		"Ada hears of it": hears("Ada", "👋 Your partner"),
		"Ben is kept out": hears("Ben", "Somebody you talked with"),
		"both are seen":   w.seen("Ada", "Ben"),
	}
}

// switching waits until every process knows who is switched off.
func switching(w *world) map[string]func(context.Context) error {
	until := func(off bool) func(context.Context) error {
		return func(ctx context.Context) error {
			for {
				all, err := app.Dial(ctx, w.env["IMAGIKA_DATA"]).Health(ctx)
				if err != nil || (all[0].Models[0].Held > 0) == off {
					return err
				}
				select {
				case <-time.After(50 * time.Millisecond):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
	}
	return map[string]func(context.Context) error{"nobody is asked": until(true), "somebody is asked": until(false)}
}

// publishing gives the site an address, without which programs have nowhere to ask.
func publishing(w *world) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{"the site is published": func(context.Context) error {
		w.env["IMAGIKA_PUBLIC_URL"] = "https://imagika.example"
		w.again()
		return nil
	}}
}

// takingBack is what Telegram does about the last payment.
func takingBack(w *world) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Telegram takes the payment back": func(context.Context) error {
			for _, m := range slices.Backward(w.person.Messages()) {
				if m.SuccessfulPayment != nil {
					return w.tg.Refund(m.SuccessfulPayment.TelegramPaymentChargeID)
				}
			}
			return errors.New("no payment")
		},
		"the refund arrives": func(ctx context.Context) error {
			_, err := w.person.Wait(ctx, func(m telegramtest.Message) bool {
				return strings.Contains(m.Text, "The 40\u00a0credits are no longer")
			})
			return err
		},
	}
}

// inWords answers like a painter that writes: each answer tells what it was about.
func inWords(_ int, r providers.WriteRequest) (providers.Written, error) {
	switch {
	case strings.Contains(r.Text, "refused"):
		return providers.Written{}, refusal()
	case strings.Contains(r.Text, "lost"):
		return providers.Written{}, broke(providers.UnknownCall, providers.BilledMaybe)
	case r.Picture != nil && r.Picture.MediaType == "image/jpeg":
		return providers.Written{Text: "a fox seen by the fake", Cost: 100}, nil
	}
	return providers.Written{Text: r.Text + " in " + r.Language, Cost: 100}, nil
}

// refusal is what a painter says to a prompt it does not want.
func refusal() *providers.Error {
	e := broke(providers.Rejected, providers.BilledNo)
	e.Stage = "input"
	return e
}

// TestStories performs every conversation of testdata/stories with the whole program. After a change of texts
// "go test ./cmd/internal/app -run Stories -update" writes the bot's side anew; read the difference before you commit it.
func TestStories(t *testing.T) {
	if testing.Short() {
		t.Skip("a program for each of many stories is slow")
	}
	t.Parallel()
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) < 14 {
		t.Fatalf("%d stories, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			if !*update { // one after the other, the program is quick and its answers complete
				t.Parallel()
			}
			stories[name].perform(t, file)
		})
	}
	for name := range stories {
		if _, err := os.Stat("testdata/stories/" + name + ".txt"); err != nil {
			t.Errorf("a story that is not there: %v", err)
		}
	}
}

func (st story) perform(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, onEmbedded)
	if *shots {
		delete(w.env, "IMAGIKA_CATALOGUE") // in full size
	}
	maps.Copy(w.env, st.env)
	if st.boss {
		w.env["IMAGIKA_OPERATOR_CHAT"] = strconv.FormatInt(w.tg.Person(telegramtest.PersonConfig{FirstName: "Boss", LanguageCode: "en"}).ID(), 10)
	}
	if st.crew {
		w.env["IMAGIKA_OPERATORS"] = w.env["IMAGIKA_OPERATOR_CHAT"] + ":operator"
	}
	change := []func(*app.Options){func(o *app.Options) { o.EraseSettle = 200 * time.Millisecond }}
	if st.plan != nil {
		fake := providertest.NewFake("fake")
		if st.async {
			fake = newAsync(time.Minute)
		}
		st.plan.follow(fake)
		if st.write != nil {
			fake.ScriptWords(st.write, providers.Describe, providers.Improve, providers.Translate)
		}
		change = append(change, withProvider(fake))
	}
	_, stop := w.start(change...)
	w.again = func() {
		stop()
		_, stop = w.start(change...)
	}
	script := telegramtest.Script{Name: filepath.Base(file), Text: string(text), Files: os.DirFS("testdata/stories"), Calm: 200 * time.Millisecond, Patience: patience * time.Minute}
	if st.do != nil {
		script.Do = st.do(w)
	}
	script.Busy = func(m telegramtest.Message) bool {
		_, open := m.Button("✖️ Cancel")
		return open || strings.HasPrefix(m.Text, "🎨")
	}
	if !*update {
		if err := telegramtest.Play(t.Context(), w.tg, script); err != nil {
			t.Error(err)
			t.Log(w.stuck())
		}
		if *shots {
			w.shots(t, "")
		}
		return
	}
	rewritten, err := telegramtest.Rewrite(t.Context(), w.tg, script)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(rewritten), 0o644); err != nil {
		t.Fatal(err)
	}
}

// stuck is what people's generations and the program's workers were at when a story did not go on.
func (w *world) stuck() string {
	w.t.Helper()
	s := w.store()
	var b strings.Builder
	err := s.People(w.t.Context(), func(id int64) bool {
		all, err := s.History(w.t.Context(), id, "", 3)
		fmt.Fprintln(&b, describe(all), err)
		return true
	})
	if err != nil {
		w.t.Error(err)
	}
	var stacks strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&stacks, 1); err != nil {
		w.t.Error(err)
	}
	for stack := range strings.SplitSeq(stacks.String(), "\n\n") {
		if strings.Contains(stack, "imagika/workers.") || strings.Contains(stack, "imagika/providers/") {
			b.WriteString(stack + "\n\n")
		}
	}
	return b.String()
}

// shots shows a story as people see it, in the playground's page: the chats with these keys, or the first one.
func (w *world) shots(t *testing.T, suffix string, chats ...string) {
	t.Helper()
	pg, err := playground.New(playground.Options{Server: w.tg})
	if err != nil {
		t.Fatal(err)
	}
	page := httptest.NewServer(pg)
	t.Cleanup(func() {
		page.CloseClientConnections()
		page.Close()
		_ = pg.Close()
	})
	address := page.URL + "/play/"
	if len(chats) > 0 {
		address += "#chats=" + strings.Join(chats, ",")
	}
	b := playgroundtest.Open(t, address)
	b.Until(`document.querySelector(".msg.in")`)
	playgroundtest.Shots(b, path.Base(t.Name())+suffix)
}
