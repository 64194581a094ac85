package workers

import (
	"flag"
	"testing"

	"github.com/imagika/imagika/storage/goldentest"
)

// update adds to the golden files what is new.
var update = flag.Bool("update", false, "add to the golden files what is new")

// TestOutboxForms: what an earlier release owed people when it ended is sent by this one.
func TestOutboxForms(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"message": new(messageBody), "answer": new(answerBody), "edit": new(editBody), "delete": new(deleteBody), "result": new(resultBody),
	} {
		goldentest.Form(t, *update, "outbox-"+name, v)
	}
}
