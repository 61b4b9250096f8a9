"""Results shown: tables, the screen, the page, figures. Nothing is judged here."""
