"""What is done to a page's pixels before it is read, and the way back from the prepared image to the page.

Curved pages (photographed books, creased receipts) are not straightened: the recogniser reads each line on its own and
bears a bend, and no set of documents at hand shows what dewarping would buy.
"""

from processors.recognition.preprocess.figures import PageFigures
from processors.recognition.preprocess.page_map import PageMap
from processors.recognition.preprocess.prepare import Prepared, prepare

__all__ = ["PageFigures", "PageMap", "Prepared", "prepare"]
