package workers

import (
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers/telegram"
)

// A query that waited too long is dropped without a look at anything: Telegram would not take the answer.
func TestStaleInlineQueryIsDropped(t *testing.T) {
	t.Parallel()
	w := &Workers{Config: Config{Telegram: &telegram.Client{}}}
	old := queue.Update{Received: time.Now().Add(-inlineStale - time.Second)}
	if err := w.inline(t.Context(), old, &telegram.InlineQuery{ID: "1", From: telegram.User{ID: 7}}); err != nil {
		t.Error(err)
	}
}

func TestPromptHasAllTheWords(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[string]bool{"a red fox": true, "a fox, hired": true, "a red hen": false, "": false} {
		if got := containsAll(prompt, []string{"fox", "red"}); got != want {
			t.Errorf("%q: %v", prompt, got)
		}
	}
	if !containsAll("", nil) {
		t.Error("no words are in everything")
	}
}
