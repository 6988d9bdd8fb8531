/* SPDX-License-Identifier: Apache-2.0 */
/* The program that the tests execute under many names: does nothing, quickly. */
int main(void)
{
	return 0;
}
