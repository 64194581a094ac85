package site

import (
	"net/url"
	"strings"

	"github.com/imagika/imagika/cmd/internal/site/devapi"
)

// Letter is where a request about one's data is written to, with the example as its words where that is a mail; empty where nobody
// knows.
func (v view) Letter() string {
	to := contactURI(v.Contact)
	if !strings.HasPrefix(to, "mailto:") {
		return to
	}
	return to + "?subject=" + url.PathEscape(v.T("page.requests")+" · "+v.Name) + "&body=" + url.PathEscape(v.T("requests.letter_text"))
}

// ProgramRequests is how many requests the programs of a person have in a minute, ProgramWaits how many of them may wait at once.
func (view) ProgramRequests() int { return devapi.RequestsMinute }

// ProgramWaits is said there.
func (view) ProgramWaits() int { return devapi.WaitsEach }
