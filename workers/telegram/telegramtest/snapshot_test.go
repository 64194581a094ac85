package telegramtest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSnapshotKeepsEverything(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	ann.Photo(picture(t, 400, 300), "look")
	m := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "menu", "reply_markup": rows(2, "d")}).message(t)
	do(t, s, "setMyCommands", params{"commands": []BotCommand{{"start", "Begin"}}})
	press, err := ann.Press(m.MessageID, "1")
	if err != nil {
		t.Fatal(err)
	}
	confirmed := pollOnce(t, s, nil)[0].UpdateID
	pollOnce(t, s, params{"offset": confirmed + 1})
	var file bytes.Buffer
	if err := s.Save(&file); err != nil {
		t.Fatal(err)
	}

	later := NewTest(t)
	if err := later.Load(&file); err != nil {
		t.Fatal(err)
	}
	again, ok := later.PersonByID(ann.ID())
	if !ok {
		t.Fatal("Ann is gone")
	}
	if diff := cmp.Diff(ann.Messages(), again.Messages()); diff != "" {
		t.Errorf("messages (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(s.PendingUpdates(), later.PendingUpdates()); diff != "" {
		t.Errorf("unconfirmed updates (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(ann.Commands(), again.Commands()); diff != "" || len(again.Commands()) != 1 {
		t.Errorf("commands (-before +after):\n%s", diff)
	}
	if _, content, ok := later.File(ann.Messages()[1].FileIDs()[0]); !ok || !bytes.Equal(content, picture(t, 400, 300)) {
		t.Error("the picture is gone")
	}
	if a := do(t, later, "answerCallbackQuery", params{"callback_query_id": press.ID()}); !a.OK {
		t.Errorf("the press is gone: %s", a.Description)
	}
	if id := again.Text("more").MessageID; id != m.MessageID+1 {
		t.Errorf("the next message has id %d, want %d", id, m.MessageID+1)
	}
	pending := pollOnce(t, later, nil)
	if !slices.IsSorted(ids(pending)) || len(pending) != 3 {
		t.Errorf("update ids after loading: %v", ids(pending))
	}
}

func TestLoadRefusesDamage(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	for _, bad := range []string{"", "{", `{"version":2}`, `{"version":1,"updates":[null]}`, `{"version":1,"users":{"5":null}}`, `{"version":1,"chats":null}`} {
		if err := s.Load(bytes.NewReader([]byte(bad))); err == nil {
			t.Errorf("Load(%q) passed", bad)
		}
	}
	if len(ann.Messages()) != 1 {
		t.Error("a failed Load changed the world")
	}
}
