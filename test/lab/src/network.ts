// Docker networks with fixed subnets, both families. testcontainers makes IPv4 networks with addresses of the engine's
// choice; routers and their neighbours must know theirs beforehand.
import { randomInt } from 'node:crypto';
import { engine, ownerLabel } from './container.ts';

/** One bridge network. Host 1 is the engine's machine itself; use 2..250 for containers. */
export class LabNetwork {
  readonly name: string;
  readonly #number: number;

  private constructor(name: string, number: number) {
    this.name = name;
    this.#number = number;
  }

  /** Makes a network in a subnet that nobody uses; other runs on this machine pick theirs in the same way. */
  static async make(purpose: string): Promise<LabNetwork> {
    for (let tries = 0; tries < 50; tries += 1) {
      const number = randomInt(0, 256);
      const network = new LabNetwork(`vipkeeper-${purpose}-${process.pid}-${number}`, number);
      if (await network.#create()) return network;
    }
    throw new Error('no free subnet for a test network in 10.213.0.0/16 after 50 tries');
  }

  /** The address of a host, `10.213.N.host`. */
  ipv4(host: number): string {
    return `10.213.${this.#number}.${host}`;
  }

  /** The address of a host, `fd00:213:N::host`; decimal digits in both, so that they are easy to match by eye. */
  ipv6(host: number): string {
    return `fd00:213:${this.#number}::${host}`;
  }

  /** The IPv4 subnet with its length. */
  get subnet4(): string {
    return `${this.ipv4(0)}/24`;
  }

  /** The IPv6 subnet with its length. */
  get subnet6(): string {
    return `fd00:213:${this.#number}::/64`;
  }

  /** Removes it; every container must be gone. */
  async remove(): Promise<void> {
    await (await engine()).getNetwork(this.name).remove();
  }

  async #create(): Promise<boolean> {
    const docker = await engine();
    try {
      await docker.createNetwork({
        Name: this.name,
        Driver: 'bridge',
        EnableIPv6: true,
        Labels: { [ownerLabel]: String(process.pid) },
        IPAM: {
          Driver: 'default',
          Config: [
            { Subnet: this.subnet4, Gateway: this.ipv4(1) },
            { Subnet: this.subnet6, Gateway: this.ipv6(1) },
          ],
        },
      });
      return true;
    } catch (cause) {
      if (/overlap/i.test(String(cause))) return false;
      throw cause;
    }
  }
}
