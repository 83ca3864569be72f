"""From a fitted detector to answers for others: a file that needs no PyTorch, a service, a card."""
