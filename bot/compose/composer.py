"""One report and one period: which posts can be said, what their charts show, and the words on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bot.analysis.claims import ranked
from bot.analysis.figures import Figures
from bot.analysis.frames import Panel, panel
from bot.compose.assembly import Draft, check_cited, marked, observed
from bot.compose.caveats import caveats, joined
from bot.compose.templates import context, templates
from bot.compose.views import AbsentView, ClaimView, FigureView, LeftOut, figure_view
from bot.domain.claim import Claim
from bot.domain.gate import Judgement
from bot.domain.measure import WHOLE, Absent, Observation
from bot.domain.numerals import grouped
from bot.domain.period import Period
from bot.domain.report import ChartSpec, PostSpec, Report
from bot.domain.text import Cited
from bot.domain.thread import Skipped
from bot.ports import ChartData


@dataclass(frozen=True)
class Sketch:
    """A draft with the chart that goes beside it, not yet drawn, and the sentences that its figures must not be told without."""

    draft: Draft
    kind: str = ""
    chart: ChartData | None = None
    caveats: tuple[str, ...] = ()


class Composer:
    """Says what can be said. Everything it prints is cited; what is absent leaves its post out, with the reason."""

    def __init__(
        self,
        report: Report,
        period: Period,
        figures: Figures,
        stated: Mapping[str, Claim | Absent],
        judgements: Sequence[Judgement] = (),
    ) -> None:
        self._report = report
        self._period = period
        self._figures = figures
        self._judgements = judgements
        self._templates = templates(report)
        self._context = context(report, period, self._figure_views(), {key: self._claim_view(one) for key, one in stated.items()})

    @property
    def period_names(self) -> tuple[str, ...]:
        """How a text may name the period itself."""
        return (self._period.name, self._period.key)

    def sketch(self, spec: PostSpec) -> Sketch | Skipped:
        """
        The post with its chart's data, or why it is left out.

        Raises:
            BadTemplate: a text of the post is wrong, with its line.
            BadThread: a chart's title, subtitle or caveat prints what nothing vouches for.
        """
        try:
            draft = Draft(spec.name, spec.text.place, marked(self._templates.render(spec.text, self._context)))
            if spec.chart is None:
                return Sketch(draft, caveats=self._caveats(draft.text))
            chart = self._chart_data(spec.name, spec.chart)
            told = self._caveats(draft.text, chart)
            chart = replace(chart, caveat=joined(chart.caveat, told), own_caveat=chart.caveat)
            return Sketch(draft, spec.chart.kind, chart, told)
        except LeftOut as absent:
            return Skipped(spec.name, str(absent))

    def _caveats(self, text: Cited, chart: ChartData | None = None) -> tuple[str, ...]:
        """What a post must not be told without: of its text's figures, and of all that its chart says or draws."""
        texts = [text] if chart is None else [text, chart.title, chart.subtitle, chart.source]
        bases = [span.basis for one in texts for span in one.spans]
        return caveats(self._judgements, list(observed([*bases, *(chart.bases.values() if chart else ())])))

    def _chart_data(self, post: str, spec: ChartSpec) -> ChartData:
        shown = panel(spec, self._figures, self._period)
        if isinstance(shown, Absent):
            raise LeftOut(shown.reason)
        title, subtitle, caveat = (
            Cited() if template is None else self._templates.render(template, self._context)
            for template in (spec.title, spec.subtitle, spec.caveat)
        )
        for where, text in (("title", title), ("subtitle", subtitle), ("caveat", caveat)):
            check_cited(text, f"the chart {where} of post {post}", self._report, self.period_names)
        named = {*shown.frame["subject"], *(subject for _, subject in shown.absent)}
        return ChartData(
            title=title,
            subtitle=subtitle,
            source=_source_line(shown, self._figures),
            caveat=caveat,
            metrics=tuple(self._report.metrics[metric] for metric in dict.fromkeys(shown.frame["metric"])),
            subjects=tuple(self._report.subjects[key] for key in spec.subjects if key in named),
            period=self._period,
            frame=shown.frame,
            bases=shown.bases,
            per_day=shown.per_day,
            highlight=spec.highlight,
            absent=shown.absent,
        )

    def _figure_views(self) -> dict[str, _Lazily]:
        subjects = (*self._report.subjects, WHOLE)
        return {metric: _Lazily(subjects, partial(self._figure_view, metric)) for metric in self._report.metrics}

    def _figure_view(self, metric: str, subject: str) -> FigureView | AbsentView:
        return figure_view(self._figures.at(metric, subject, self._period), self._report)

    def _claim_view(self, stated: Claim | Absent) -> ClaimView | AbsentView:
        if isinstance(stated, Absent):
            return AbsentView(stated.reason)
        shown: list[FigureView] = []
        if stated.metric:
            order = ranked(stated.metric, stated.subjects, self._figures, self._period)
            views = [figure_view(seen, self._report) for seen in order]
            shown = [view for view in views if isinstance(view, FigureView)]
        return ClaimView(stated, self._report, shown)


class _Lazily(Mapping[str, FigureView | AbsentView]):
    """Values that are made when a template looks at them: of a hundred figures it shows ten."""

    def __init__(self, keys: Sequence[str], make: Callable[[str], FigureView | AbsentView]) -> None:
        self._keys = keys
        self._make = make

    def __getitem__(self, key: str) -> FigureView | AbsentView:
        if key not in self._keys:
            raise KeyError(key)
        return self._make(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _source_line(shown: Panel, figures: Figures) -> Cited:
    """ "Source: Kaggle, n = 12,932": every origin of the chart's figures, and how many a share was taken of."""
    seen = list(observed(shown.bases.values()))
    origins = {one.origin: one for one in reversed(seen)}
    names = [Cited.of(name, origins[name]) for name in dict.fromkeys(one.origin for one in seen)]
    line = Cited("Source: " if len(names) == 1 else "Sources: ") + Cited.join(", ", names)
    metrics = {one.metric for one in seen}
    newest = max(seen, key=lambda one: one.period.end)
    base = figures.base_of(newest) if len(metrics) == 1 else Absent("several metrics, several bases")
    if isinstance(base, Observation):
        line = line + ", n = " + Cited.of(grouped(base.value), base)
    return line
