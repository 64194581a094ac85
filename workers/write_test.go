package workers

import (
	"database/sql"
	"errors"
	"runtime"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// A worker that dies, or stands still until its claim is gone, between a writer's answer and the row: the answer is lost, and
// neither asked for nor told of twice.
func TestWordsWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, stands := range map[string]bool{"the worker is killed": false, "the worker stands still": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newWriting(t)
			answered, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			b.w.Step = func(step string) {
				if step != "worded" {
					return
				}
				close(answered)
				if !stands {
					ended <- nil
					runtime.Goexit()
				}
				<-goOn
			}
			p := b.improves("a fox")
			go func() { ended <- b.w.write(t.Context(), p) }()
			<-answered
			if err := b.w.write(t.Context(), p); !errors.Is(err, storage.ErrFenced) {
				t.Errorf("a second worker under the first one's claim: %v", err)
			}
			b.lapse()
			if refs, err := b.s.SweepWritings(t.Context(), 10, true); err != nil || len(refs) != 1 {
				t.Errorf("swept %v, %v", refs, err)
			}
			if err := b.w.write(t.Context(), p); err != nil {
				t.Error(err)
			}
			close(goOn)
			if err := <-ended; stands != errors.Is(err, storage.ErrFenced) {
				t.Errorf("the first worker ends with %v", err)
			}
			before := len(b.ada.Messages())
			b.handle()
			if n := len(b.ada.Messages()) - before; n != 1 {
				t.Errorf("told %d times", n)
			}
			b.has(b.newest(), "I couldn’t find the words this time. It was free")
			if n := len(b.fakes["cheap"].Written()); n != 1 {
				t.Errorf("a writer was paid %d times", n)
			}
			if refs, err := b.s.SweepWritings(t.Context(), 10, true); err != nil || len(refs) != 0 {
				t.Errorf("swept %v, %v", refs, err)
			}
			b.held(0, 0)
			if acc, err := b.s.Account(t.Context(), b.person().ID); err != nil || acc.Available() != 20 {
				t.Errorf("account %+v, %v", acc, err)
			}
		})
	}
}

// Whoever asks for words is asked what they shall be about where somebody writes, and told where nobody does.
func TestWordsAboutNothing(t *testing.T) {
	t.Parallel()
	b := newWriting(t)
	for typed, want := range map[string]string{
		"/improve": "Which prompt?", "/improve …": "Which prompt?", "/describe": "None of the services", "/translate": "None of the services",
	} {
		b.ada.Text(typed)
		b.handle()
		b.has(b.newest(), want)
	}
}

// newWriting is a chat with one painter that writes too.
func newWriting(t *testing.T) *choosing {
	t.Helper()
	b := newChoosing(t, storagetest.OnSQLite, 20)
	b.w.Limits = providers.NewLocalLimits()
	b.fakes["cheap"].ScriptWords(func(int, providers.WriteRequest) (providers.Written, error) {
		return providers.Written{Text: "a red fox", Cost: 100}, nil
	}, providers.Improve)
	return b
}

// improves asks for better words, and returns the task that is to find them.
func (b *choosing) improves(words string) queue.PromptWrite {
	b.t.Helper()
	b.ada.Text("/improve " + words)
	b.handle()
	refs, err := b.s.SweepWritings(b.t.Context(), 10, true)
	if err != nil || len(refs) != 1 {
		b.t.Fatalf("to be written: %v, %v", refs, err)
	}
	return queue.PromptWrite{ID: refs[0].ID, Epoch: refs[0].Epoch}
}

// lapse lets every claim on a writing run out.
func (b *choosing) lapse() {
	b.t.Helper()
	b.do(`UPDATE writings SET lease_until = 1`)
}

// do changes the database past the program.
func (b *choosing) do(query string) {
	b.t.Helper()
	db, err := sql.Open("sqlite", b.url)
	if err == nil {
		defer db.Close()
		_, err = db.ExecContext(b.t.Context(), query)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// Another writer is asked where the first was not paid, and only there.
func TestWordsArePaidOnce(t *testing.T) {
	t.Parallel()
	for billed, want := range map[providers.Billed]int{providers.BilledNo: 2, providers.BilledMaybe: 1, providers.BilledYes: 1} {
		b := newWriting(t)
		for _, name := range []string{"cheap", "middle"} {
			b.fakes[name].ScriptWords(func(int, providers.WriteRequest) (providers.Written, error) {
				return providers.Written{}, &providers.Error{Provider: name, Class: providers.NoOutput, Billed: billed, Err: errors.New("nothing")}
			}, providers.Improve)
		}
		if err := b.w.write(t.Context(), b.improves("a fox")); err != nil {
			t.Fatal(err)
		}
		if n := len(b.fakes["cheap"].Written()) + len(b.fakes["middle"].Written()); n != want {
			t.Errorf("billed %s: asked %d writers, want %d", billed, n, want)
		}
	}
}
