"""Who may help: from asking to, through a talk and papers, until they leave."""
