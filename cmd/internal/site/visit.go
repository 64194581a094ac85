package site

import (
	"net/http"
	"slices"
)

// Visits counts views of pages; *visits.Counter does.
type Visits interface {
	Count(r *http.Request, page string)
}

// Pages are the pages whose views are counted, by the names of their routes.
func Pages() []string {
	return []string{routeHome, routePrices, routeHelp, routePrivacy, routeTerms, routeRequests, routeStatus, routeStats, routeSecurity, routeDevelopers}
}

// visited notes that a page was seen: also by somebody who has it already and is told that it is still the same.
func (s *site) visited(r *http.Request, label string, rec *recorder) {
	if s.options.Visits == nil || r.Method != http.MethodGet || !slices.Contains(Pages(), label) {
		return
	}
	if rec.status == http.StatusOK || rec.status == http.StatusNotModified {
		s.options.Visits.Count(r, label)
	}
}
