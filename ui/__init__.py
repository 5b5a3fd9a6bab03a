"""The screens: what people see and touch."""
