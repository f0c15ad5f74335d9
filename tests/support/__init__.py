"""What tests share: the in-memory stage, its actors, invariants, certificates and seed databases."""
