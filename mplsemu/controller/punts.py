class Resolver:
    def __init__(self, controller): self.c=controller
    def handle(self, switch, event): print('punt', event, flush=True)
