"""Two runs side by side as one page of HTML."""

from fieldtrail.evaluation import figures
from fieldtrail.evaluation.comparison import Comparison, shown_fields, shown_metrics
from fieldtrail.evaluation.document_view import text
from fieldtrail.evaluation.page import render

MOST_DOCUMENTS = 200


def comparison_page(comparison: Comparison) -> str:
    """The page of a comparison; text of documents is escaped."""
    return render(
        "compare.html.j2",
        comparison=comparison,
        changes=comparison.changes,
        metrics=shown_metrics(comparison.changes),
        fields=shown_fields(comparison.changes),
        documents=comparison.changes.documents[:MOST_DOCUMENTS],
        difference=figures.difference,
        text=text,
    )
