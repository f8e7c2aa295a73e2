"""Quotations whose authors died long enough ago for them to belong to everyone."""

QUOTES: tuple[tuple[str, str], ...] = (
    ("Seneca", "It is not that we have a short time to live, but that we waste a lot of it."),
    ("Marcus Aurelius", "The happiness of your life depends upon the quality of your thoughts."),
    ("Epictetus", "No man is free who is not master of himself."),
    ("Lao Tzu", "A journey of a thousand miles begins beneath one's feet."),
    ("Heraclitus", "The only constant in life is change."),
    ("Jane Austen", "There is no charm equal to tenderness of heart."),
    ("Francis Bacon", "Some books are to be tasted, others to be swallowed, and some few to be chewed and digested."),
)
